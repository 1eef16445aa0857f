import { readFileSync } from 'node:fs'

/**
 * One behaviour taken away from the built code, to show that the test of its scenario notices. It is taken away, not broken: the smallest
 * change after which everything but this rule still works.
 */
export interface Removal {
  /** Number of the scenario, as in the titles of the tests. */
  readonly row: number
  /** What is gone, in a few words. */
  readonly without: string
  /** Source file of the rule, from `packages/`: `xds/src/ads/ads-client.ts`. */
  readonly file: string
  /** A piece of the file's code, exactly once in what is built of it: white space and semicolons may differ, types have gone. */
  readonly code: string
  /** What takes its place. */
  readonly becomes: string
  /** Whether the process is to end over it. Otherwise a removal after which a process ends has broken the mesh and proves nothing. */
  readonly ends?: true
}

/** Where what is built of a source file is. */
export function builtFile(file: string): URL {
  const built = file.replace('/src/', '/dist/').replace(/\.ts$/, '.js')
  return new URL(`../../../../packages/${built}`, import.meta.url)
}

/**
 * Text of the built file without the behaviour.
 *
 * @param removal - The behaviour.
 * @throws Error when its code is not there, or there more than once: the table no longer fits the source.
 */
export function withoutBehaviour({ file, code, becomes }: Pick<Removal, 'file' | 'code' | 'becomes'>): string {
  const text = readFileSync(builtFile(file), 'utf8')
  const escaped = code.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(escaped.replace(/\s+/g, ';?\\s+'), 'g')
  const places = [...text.matchAll(pattern)]
  if (places.length !== 1) throw new Error(`${file} holds ${places.length} times, not once: ${code}`)
  return text.replace(pattern, () => becomes)
}
