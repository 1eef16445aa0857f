import { isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import type { Problems } from './problems.js'
import type { SourceFile } from './source-file.js'
import { YamlValue } from './yaml-value.js'

/**
 * Splits a file into its documents. JSON is read as the part of YAML that it is, so its errors have lines too.
 *
 * @param file - The file.
 * @param problems - Told of syntax errors; a file with one gives no documents.
 * @returns the root of every document that is not empty.
 */
export function parseDocuments(file: SourceFile, problems: Problems): readonly YamlValue[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  if (!Array.isArray(documents)) return []
  const roots: YamlValue[] = []
  let broken = false
  for (const document of documents) {
    for (const error of [...document.errors, ...document.warnings]) {
      broken = true
      problems.error({ file: file.path, line: lines.linePos(error.pos[0]).line }, error.message, error)
    }
    if (document.contents === null || isEmpty(document.contents)) continue
    roots.push(new YamlValue({ file: file.path, document, lines, problems }, document.contents, ''))
  }
  return broken ? [] : roots
}

function isEmpty(contents: unknown): boolean {
  return isScalar(contents) ? contents.value === null : isMap(contents) && contents.items.length === 0
}
