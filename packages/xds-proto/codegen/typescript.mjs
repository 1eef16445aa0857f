/**
 * Generates TypeScript from the compiled image: the codec of every message and
 * the index, type URL and registry modules that the hand-written part exports.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from '@bufbuild/protobuf/wkt'
import { messageNames, packagePrefixes } from '../schema/names.mjs'
import { rootTypeNames } from '../schema/roots.mjs'
import { folderOf } from './sources.mjs'

/** The reasons stand in the README. */
const options = [
  'annotateFilesWithVersion=false',
  'comments=false',
  'enumsAsLiterals=true',
  'unrecognizedEnum=false',
  'env=both',
  'esModuleInterop=true',
  'exportCommonSymbols=false',
  'forceLong=bigint',
  'importSuffix=.js',
  'oneof=unions-value',
  'outputJsonMethods=false',
  'outputServices=none',
  'outputPartialMethods=false',
  'outputTypeAnnotations=static-only',
  'outputTypeRegistry=false',
  'unknownFields=false',
  'useDate=false',
  'useExactTypes=false',
  'useMapType=true',
  'useReadonlyTypes=true',
  'useUnknownForValue=true',
]

/**
 * @param {import('@bufbuild/protobuf/wkt').FileDescriptorSet} image
 * @param {string} folder
 */
export function generateTypeScript(image, folder) {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: image.file.map((file) => file.name),
    parameter: options.join(','),
    protoFile: image.file,
  })
  const response = execFileSync(process.execPath, [join(folderOf('ts-proto'), 'protoc-gen-ts_proto')], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { error, file: files } = fromBinary(CodeGeneratorResponseSchema, response)
  if (error !== '') throw new Error(`ts-proto: ${error}`)
  for (const file of files) write(join(folder, file.name), file.content)

  const exported = exportedNames(image)
  write(join(folder, 'messages.ts'), messagesModule(image, exported))
  write(join(folder, 'type-urls.ts'), typeUrlsModule(exported))
  write(join(folder, 'codecs.ts'), codecsModule(exported))
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/**
 * Exported name by full name, for every message and enum.
 *
 * @returns {Map<string, string>}
 */
function exportedNames(image) {
  const names = new Map()
  const owners = new Map()
  const unused = new Set([...Object.keys(messageNames), ...Object.keys(packagePrefixes)])
  const add = (fullName, exported, declaration) => {
    if (owners.has(exported)) throw new Error(`names: ${exported} is both ${owners.get(exported)} and ${fullName}`)
    owners.set(exported, fullName)
    names.set(fullName, exported)
    for (const nested of declaration.nestedType ?? []) {
      if (nested.options?.mapEntry) continue
      add(`${fullName}.${nested.name}`, `${exported}_${nested.name}`, nested)
    }
    for (const nested of declaration.enumType ?? []) {
      add(`${fullName}.${nested.name}`, `${exported}_${nested.name}`, nested)
    }
  }
  for (const file of image.file) {
    const prefix = packagePrefixes[file.package] ?? ''
    unused.delete(file.package)
    for (const declaration of [...file.messageType, ...file.enumType]) {
      const fullName = `${file.package}.${declaration.name}`
      unused.delete(fullName)
      add(fullName, messageNames[fullName] ?? `${prefix}${declaration.name}`, declaration)
    }
  }
  if (unused.size > 0) throw new Error(`names: nothing is called ${[...unused].join(', ')}`)
  return names
}

function messagesModule(image, exported) {
  const lines = image.file.map((file) => {
    const names = [...exported]
      .filter(([fullName]) => belongsTo(file, fullName))
      .map(([fullName, name]) => {
        const local = fullName.slice(file.package.length + 1).replaceAll('.', '_')
        return local === name ? name : `${local} as ${name}`
      })
    return `export { ${names.join(', ')} } from './${file.name.replace(/\.proto$/, '.js')}'`
  })
  return `${lines.join('\n')}\n`
}

function belongsTo(file, fullName) {
  return [...file.messageType, ...file.enumType].some((declaration) => {
    const name = `${file.package}.${declaration.name}`
    return fullName === name || fullName.startsWith(`${name}.`)
  })
}

function typeUrlsModule(exported) {
  const lines = rootTypeNames.map((fullName) => `  ${exported.get(fullName)}: 'type.googleapis.com/${fullName}',`)
  return `export const TypeUrl = {\n${lines.join('\n')}\n} as const\n`
}

function codecsModule(exported) {
  const names = rootTypeNames.map((fullName) => exported.get(fullName))
  return [
    `import type { MessageCodec } from '../../src/codec.js'`,
    `import { ${names.join(', ')} } from './messages.js'`,
    '',
    'export const rootCodecs: readonly MessageCodec<unknown>[] = [',
    ...names.map((name) => `  ${name},`),
    ']',
    '',
  ].join('\n')
}
