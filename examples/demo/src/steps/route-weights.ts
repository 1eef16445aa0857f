import { readFile, rename, writeFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'

/** A file before and after it was edited. */
export interface Edit {
  readonly before: string
  readonly after: string
}

/**
 * Changes the weights in the text of the catalog's VirtualService, and nothing else.
 *
 * @param percentOfV2 - Weight of version 2; version 1 gets the rest of 100.
 */
export function withWeights(text: string, percentOfV2: number): string {
  const document = parseDocument(text)
  // Both routes share one list of destinations, by an anchor.
  document.setIn(['spec', 'http', 0, 'route', 0, 'weight'], 100 - percentOfV2)
  document.setIn(['spec', 'http', 0, 'route', 1, 'weight'], percentOfV2)
  return document.toString({ lineWidth: 0 })
}

/** Edits the file as an editor does: the new text takes the place of the old at once, so nobody reads half of it. */
export async function editWeights(file: string, percentOfV2: number): Promise<Edit> {
  const before = await readFile(file, 'utf8')
  const after = withWeights(before, percentOfV2)
  await writeFile(`${file}.new`, after)
  await rename(`${file}.new`, file)
  return { before, after }
}
