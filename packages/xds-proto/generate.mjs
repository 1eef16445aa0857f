/**
 * Generates the messages into `gen/`: proto root, descriptor image, TypeScript.
 * Does nothing when its inputs are unchanged.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMain } from './codegen/main.mjs'
import { folderOf, packageFolder } from './codegen/sources.mjs'
import { filesBelow, hashOf, Step } from './codegen/stamp.mjs'

const genFolder = join(packageFolder, 'gen')

/** The generated TypeScript. */
export const typeScriptFolder = join(genFolder, 'ts')

/** The descriptors of every message, for the JSON codec. */
export const imageFile = join(genFolder, 'descriptors.binpb')

/**
 * @returns {Promise<boolean>} whether anything had to be generated
 */
export async function generate() {
  const step = new Step(join(genFolder, '.stamp'), hashOf(inputFiles()), [
    imageFile,
    join(typeScriptFolder, 'messages.ts'),
  ])
  if (step.isDone) return false

  const [{ assemble }, { compile }, { generateTypeScript }, { toBinary }, { FileDescriptorSetSchema }] =
    await Promise.all([
      import('./codegen/assemble.mjs'),
      import('./codegen/image.mjs'),
      import('./codegen/typescript.mjs'),
      import('@bufbuild/protobuf'),
      import('@bufbuild/protobuf/wkt'),
    ])
  rmSync(genFolder, { recursive: true, force: true })
  mkdirSync(genFolder, { recursive: true })
  const protoRoot = join(genFolder, 'proto')
  assemble(protoRoot)
  const image = compile(protoRoot, join(genFolder, 'cache'))
  writeFileSync(imageFile, toBinary(FileDescriptorSetSchema, image))
  generateTypeScript(image, typeScriptFolder)
  step.done()
  return true
}

/** What the generated files depend on. */
export function inputFiles() {
  const own = ['codegen', 'overlay', 'schema'].flatMap((folder) => filesBelow(join(packageFolder, folder)))
  const tools = ['@grpc/grpc-js-xds', '@bufbuild/buf', 'ts-proto'].map((name) => join(folderOf(name), 'package.json'))
  return [...own, ...tools, join(packageFolder, 'package.json'), fileURLToPath(import.meta.url)]
}

if (isMain(import.meta.url)) await generate()
