/**
 * Compiles the proto root and keeps what code generation and the JSON codec
 * need of it: the roots with all they refer to, without comments or options.
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { create, fromBinary } from '@bufbuild/protobuf'
import { FieldOptionsSchema, FileDescriptorSetSchema, MessageOptionsSchema } from '@bufbuild/protobuf/wkt'
import { rootTypeNames } from '../schema/roots.mjs'
import { folderOf } from './sources.mjs'

/**
 * @param {string} protoRoot
 * @param {string} cacheFolder where the compiler may write
 * @returns {import('@bufbuild/protobuf/wkt').FileDescriptorSet}
 */
export function compile(protoRoot, cacheFolder) {
  const compiler = join(folderOf('@bufbuild/buf'), 'bin', 'buf')
  const run = spawnSync(process.execPath, [compiler, 'build', protoRoot, '--exclude-source-info', '-o', '-'], {
    env: { ...process.env, BUF_CACHE_DIR: cacheFolder },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (run.status !== 0) throw new Error(`buf build: ${run.error?.message ?? run.stderr.toString()}`)
  return trim(fromBinary(FileDescriptorSetSchema, run.stdout))
}

/** Cuts the image down to the types reached from the roots. */
function trim(image) {
  const types = indexTypes(image)
  const reached = reachedFrom(rootTypeNames, types)
  for (const file of image.file) {
    file.options = undefined
    file.service = []
    file.extension = []
    file.publicDependency = []
    file.weakDependency = []
    file.messageType = keepMessages(file.messageType, file.package, reached)
    file.enumType = keepEnums(file.enumType, file.package, reached)
    file.dependency = [...filesUsedBy(file, types)]
  }
  image.file = image.file.filter((file) => file.messageType.length > 0 || file.enumType.length > 0)
  return image
}

/** @returns {Map<string, { file: string, message?: object, parent?: string }>} every type by its full name */
function indexTypes(image) {
  const types = new Map()
  const add = (file, scope, parent, messages, enums) => {
    for (const enumeration of enums) types.set(`${scope}.${enumeration.name}`, { file: file.name, parent })
    for (const message of messages) {
      const name = `${scope}.${message.name}`
      types.set(name, { file: file.name, message, parent })
      add(file, name, name, message.nestedType, message.enumType)
    }
  }
  for (const file of image.file) add(file, file.package, undefined, file.messageType, file.enumType)
  return types
}

function reachedFrom(roots, types) {
  const reached = new Set()
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue
    const type = types.get(name)
    if (type === undefined) throw new Error(`roots: ${name} is declared nowhere`)
    reached.add(name)
    if (type.parent !== undefined) pending.push(type.parent)
    for (const field of type.message?.field ?? []) if (field.typeName !== '') pending.push(field.typeName.slice(1))
  }
  return reached
}

function keepMessages(messages, scope, reached) {
  return messages.filter((message) => {
    const name = `${scope}.${message.name}`
    if (!reached.has(name)) return false
    message.options = message.options?.mapEntry ? create(MessageOptionsSchema, { mapEntry: true }) : undefined
    message.extension = []
    message.nestedType = keepMessages(message.nestedType, name, reached)
    message.enumType = keepEnums(message.enumType, name, reached)
    for (const oneof of message.oneofDecl) oneof.options = undefined
    for (const field of message.field) {
      const packed = field.options?.packed
      field.options = packed === undefined ? undefined : create(FieldOptionsSchema, { packed })
    }
    return true
  })
}

function keepEnums(enums, scope, reached) {
  return enums.filter((enumeration) => {
    enumeration.options = undefined
    for (const value of enumeration.value) value.options = undefined
    return reached.has(`${scope}.${enumeration.name}`)
  })
}

function filesUsedBy(file, types) {
  const used = new Set()
  const visit = (message) => {
    for (const field of message.field) if (field.typeName !== '') used.add(types.get(field.typeName.slice(1)).file)
    for (const nested of message.nestedType) visit(nested)
  }
  for (const message of file.messageType) visit(message)
  used.delete(file.name)
  return used
}
