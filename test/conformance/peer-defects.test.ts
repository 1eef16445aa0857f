import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { peerDefects } from './peer-defects.js'

const root = new URL('../../../', import.meta.url)

it('every defect of other clients that is of a part that exists has tests, and these exist', () => {
  const wrong: string[] = []
  for (const { id, part, tests } of peerDefects) {
    if (tests.length === 0 && !part.startsWith('later')) wrong.push(`${id} has no test`)
    for (const [file, title] of tests) {
      const text = readFileSync(new URL(file, root), 'utf8')
      if (!text.includes(title)) wrong.push(`${id}: there is no test "${title}" in ${file}`)
    }
  }
  assert.deepEqual(wrong, [])
})

it('defects have ids of their own', () => {
  assert.equal(new Set(peerDefects.map(({ id }) => id)).size, peerDefects.length)
})
