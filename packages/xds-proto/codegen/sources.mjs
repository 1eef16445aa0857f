/**
 * Where the .proto files come from: the packaged ones of the development
 * dependency, and our overlay, whose files stand in front of equal paths.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

/** This package's folder. */
export const packageFolder = fileURLToPath(new URL('..', import.meta.url))

const overlayFolder = join(packageFolder, 'overlay', 'proto')

/** The folder of an installed package, wherever npm has put it. */
export function folderOf(packageName) {
  return dirname(require.resolve(`${packageName}/package.json`))
}

/** The messages that the compiler brings itself. */
const wellKnown = {
  Any: 'any',
  Duration: 'duration',
  Empty: 'empty',
  Struct: 'struct',
  Value: 'struct',
  ListValue: 'struct',
  Timestamp: 'timestamp',
}

/**
 * Every .proto file at hand: path below the proto root → path on disk.
 *
 * @returns {Map<string, string>}
 */
export function protoFiles() {
  const packaged = join(folderOf('@grpc/grpc-js-xds'), 'deps')
  const folders = ['envoy-api', 'googleapis', 'xds'].map((name) => join(packaged, name))
  const files = new Map()
  for (const folder of [...folders, overlayFolder]) {
    for (const path of readdirSync(folder, { recursive: true })) {
      if (path.endsWith('.proto')) files.set(path.split(sep).join('/'), join(folder, path))
    }
  }
  return files
}

/**
 * The part of those files that declares the roots, with all they import.
 */
export class ProtoSources {
  /** @type {Map<string, string>} text by path */
  #texts = new Map()
  /** @type {Map<string, string>} path by the full name of a top-level message or enum */
  #declaredIn = new Map()

  constructor() {
    for (const [path, location] of protoFiles()) {
      const text = readFileSync(location, 'utf8')
      this.#texts.set(path, text)
      const packageName = /^package\s+([\w.]+)\s*;/m.exec(text)?.[1]
      for (const [, name] of text.matchAll(/^(?:message|enum)\s+(\w+)/gm)) {
        this.#declaredIn.set(`${packageName}.${name}`, path)
      }
    }
  }

  /** The text of a file, or undefined for one of the compiler's own. */
  text(path) {
    return this.#texts.get(path)
  }

  /** Replaces the text of a file and learns what it declares now. */
  replace(path, text, packageName, declared) {
    this.#texts.set(path, text)
    for (const name of declared) this.#declaredIn.set(`${packageName}.${name}`, path)
  }

  paths() {
    return [...this.#texts.keys()]
  }

  /** The file that declares a message or enum, also when it is nested in another. */
  fileOf(fullName) {
    const parts = fullName.split('.')
    const top = parts.findIndex((part) => /^[A-Z]/.test(part))
    if (parts[0] === 'google' && parts[1] === 'protobuf') {
      return `google/protobuf/${wellKnown[parts[2]] ?? 'wrappers'}.proto`
    }
    return this.#declaredIn.get(parts.slice(0, top + 1).join('.'))
  }

  /** The files reached from these by import. */
  closure(paths) {
    const reached = new Set()
    const visit = (path) => {
      const text = this.#texts.get(path)
      if (text === undefined || reached.has(path)) return
      reached.add(path)
      for (const [, imported] of text.matchAll(/^import\s+(?:public\s+)?"([^"]+)"\s*;/gm)) visit(imported)
    }
    for (const path of paths) visit(path)
    return reached
  }
}
