/**
 * Adds the overlay's fields and declarations to the text of a .proto file. The
 * insertion points are found by a scan over braces that skips comments and
 * strings, so that the rest of the file stays as its authors wrote it.
 */

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\b(message|enum|oneof)\s+(\w+)\s*\{|[{}]/g

/**
 * Finds the blocks of a .proto file: messages, enums and oneofs, by full name.
 *
 * @param {string} text
 * @returns {{ packageName: string, blocks: Map<string, { kind: string, start: number, end: number }> }}
 */
export function scanBlocks(text) {
  const packageName = /^package\s+([\w.]+)\s*;/m.exec(text)?.[1] ?? ''
  const blocks = new Map()
  const open = []
  for (const match of text.matchAll(token)) {
    const [lexeme, kind, name] = match
    const after = match.index + lexeme.length
    if (kind !== undefined) {
      const parent = open.findLast((block) => block.name !== undefined)?.name ?? packageName
      const block = { kind, name: `${parent}.${name}`, start: after, end: -1 }
      blocks.set(block.name, block)
      open.push(block)
    } else if (lexeme === '{') {
      open.push({})
    } else if (lexeme === '}') {
      const block = open.pop()
      if (block?.name !== undefined) block.end = match.index
    }
  }
  return { packageName, blocks }
}

/**
 * Applies the part of an overlay that concerns one file.
 *
 * @param {string} file path below the proto root
 * @param {string} text the file as packaged
 * @param {Overlay} overlay
 * @param {(fullName: string) => string | undefined} fileOf the file that declares a message or enum
 * @param {Set<string>} applied receives the overlay's keys that found their place
 * @returns {string}
 *
 * @typedef {object} Overlay
 * @property {Record<string, (string | { oneof: string, field: string })[]>} fields
 * @property {Record<string, { from: string, to: string }[]>} changes
 * @property {Record<string, string[]>} declarations
 */
export function patchFile(file, text, overlay, fileOf, applied) {
  const { packageName, blocks } = scanBlocks(text)
  /** @type {{ start: number, end: number, text: string }[]} */
  const edits = []
  const insert = (at, inserted) => edits.push({ start: at, end: at, text: inserted })

  for (const declaration of overlay.declarations[file] ?? []) {
    applied.add(file)
    insert(text.length, `\n${declaration}\n`)
  }
  for (const [name, block] of blocks) {
    if (block.kind === 'oneof') continue
    for (const declaration of overlay.declarations[name] ?? []) {
      applied.add(name)
      insert(block.start, `\n  ${declaration}\n`)
    }
    for (const { from, to } of overlay.changes[name] ?? []) {
      applied.add(name)
      const start = text.indexOf(from, block.start)
      if (start < 0 || start > block.end) throw new Error(`overlay: ${name} has no "${from}"`)
      edits.push({ start, end: start + from.length, text: to })
    }
    if (overlay.fields[name] === undefined) continue
    applied.add(name)
    const newOneofs = new Map()
    for (const entry of overlay.fields[name]) {
      if (typeof entry === 'string') {
        // The first value of a proto3 enum is its zero: new values go behind it.
        insert(block.kind === 'enum' ? block.end : block.start, `\n  ${entry};\n`)
        continue
      }
      const oneof = blocks.get(`${name}.${entry.oneof}`)
      if (oneof !== undefined) insert(oneof.start, `\n    ${entry.field};`)
      else newOneofs.set(entry.oneof, [...(newOneofs.get(entry.oneof) ?? []), entry.field])
    }
    for (const [oneof, lines] of newOneofs) insert(block.start, `\n  oneof ${oneof} { ${lines.join('; ')}; }`)
  }
  if (edits.length === 0) return text

  let patched = text
  for (const edit of edits.sort((a, b) => b.start - a.start)) {
    patched = patched.slice(0, edit.start) + edit.text + patched.slice(edit.end)
  }
  return addImports(file, patched, packageName, edits.map((edit) => edit.text).join('\n'), fileOf)
}

/** Imports the files of the types that the insertions name. */
function addImports(file, text, packageName, inserted, fileOf) {
  const imports = new Set()
  for (const [name] of inserted.matchAll(/\b[a-z]\w*(?:\.\w+)*\.[A-Z]\w*/g)) imports.add(fileOf(name))
  for (const [name] of inserted.matchAll(/(?<![\w.])[A-Z]\w*/g)) imports.add(fileOf(`${packageName}.${name}`))
  imports.delete(undefined)
  imports.delete(file)
  const missing = [...imports].filter((path) => !text.includes(`import "${path}";`))
  return text.replace(/^package\s+[\w.]+\s*;/m, (line) =>
    [line, ...missing.sort().map((path) => `import "${path}";`)].join('\n'),
  )
}
