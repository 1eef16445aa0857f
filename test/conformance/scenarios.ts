import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../conformance/', import.meta.url))

/** The scenarios that tests bear in their titles (`#17 ...`), each with the files of its tests, without `.ts`. */
export function testedScenarios(): ReadonlyMap<number, readonly string[]> {
  const rows = new Map<number, string[]>()
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.test.ts')) continue
    const name = file.slice(0, -'.ts'.length)
    for (const [title] of readFileSync(folder + file, 'utf8').matchAll(/\bit\(\s*(['"`])(?:#\d+ )+/g)) {
      for (const [, row] of title.matchAll(/#(\d+)/g)) {
        const files = rows.get(Number(row)) ?? []
        if (!files.includes(name)) rows.set(Number(row), [...files, name])
      }
    }
  }
  return rows
}
