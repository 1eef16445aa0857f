/**
 * Writes the proto root that the compiler reads: the packaged files with the
 * overlay applied, cut down to what the roots need.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { declarations } from '../overlay/declarations.mjs'
import { changes, fields } from '../overlay/fields.mjs'
import { rootTypeNames } from '../schema/roots.mjs'
import { patchFile } from './patch.mjs'
import { ProtoSources } from './sources.mjs'

/**
 * @param {string} folder is emptied first
 * @returns {number} how many files were written
 */
export function assemble(folder) {
  const sources = new ProtoSources()
  declareNewTypes(sources)

  const overlay = { fields, changes, declarations }
  const applied = new Set()
  for (const path of sources.paths()) {
    const text = sources.text(path)
    const patched = patchFile(path, text, overlay, (name) => sources.fileOf(name), applied)
    if (patched !== text) sources.replace(path, patched, '', [])
  }
  for (const key of Object.values(overlay).flatMap((part) => Object.keys(part))) {
    if (!applied.has(key)) throw new Error(`overlay: there is no ${key} to add to`)
  }

  const rootFiles = rootTypeNames.map((name) => {
    const path = sources.fileOf(name)
    if (path === undefined) throw new Error(`roots: no .proto file declares ${name}`)
    return path
  })
  rmSync(folder, { recursive: true, force: true })
  const files = sources.closure(rootFiles)
  for (const path of files) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, sources.text(path))
  }
  // The compiler brings its own well-known files, but only those that are imported.
  const wellKnown = [...new Set(rootFiles)].filter((path) => sources.text(path) === undefined)
  const imports = wellKnown.map((path) => `import "${path}";\n`).join('')
  writeFileSync(join(folder, 'well_known.proto'), `syntax = "proto3";\n${imports}`)
  writeFileSync(join(folder, 'buf.yaml'), 'version: v2\n')
  return files.size
}

/** Makes top-level declarations of the overlay known before any field refers to them. */
function declareNewTypes(sources) {
  for (const [path, texts] of Object.entries(declarations)) {
    const text = sources.text(path)
    if (text === undefined) continue
    const packageName = /^package\s+([\w.]+)\s*;/m.exec(text)?.[1]
    const names = texts.map((declaration) => /^(?:message|enum)\s+(\w+)/.exec(declaration)?.[1])
    sources.replace(path, text, packageName, names)
  }
}
