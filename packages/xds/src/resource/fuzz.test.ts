import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SeededRandom } from '@inmesh/core'
import type { DamageCost } from '../testing/damage-process.js'
import { Mutator } from '../testing/mutator.js'
import { meshTypes, realResources } from '../testing/real-resources.js'
import type { DecodedResource } from './resource-type.js'

// Whatever bytes a control plane sends, a decoder answers, in words that are not much longer than the bytes.

/** A process that has no more of a heap than this ends when damaged bytes make a decoder ask for much. */
const heapMegabytes = 64
const mebibyte = 2 ** 20

/** Long after a decoder that does not hang has ended. */
const patienceMs = 120_000

const seeds = [1, 2, 3]
const perSeed = 500
const resources = realResources()

/** What is remembered for the next copy depends on the copies before, and means nothing. */
function meaningOf(decoded: DecodedResource<unknown>): object {
  if (decoded.kind === 'malformed') return decoded
  const { known: _, ...value } = decoded.value as { known?: unknown }
  return { ...decoded, value }
}

describe('damaged resources', () => {
  for (const type of meshTypes) {
    const own = resources.filter((resource) => resource.type === type)

    it(`are valid ${type.shortName} or malformed with a reason, and nothing is thrown`, () => {
      let malformed = 0
      for (const seed of seeds) {
        const random = new SeededRandom(seed)
        const mutator = new Mutator(random)
        for (let round = 0; round < perSeed; round++) {
          const { bytes } = own[random.below(own.length)]!
          const { bytes: other } = resources[random.below(resources.length)]!
          const mutated = mutator.mutate(bytes, other)
          const hint = `seed ${seed}, round ${round}: ${Buffer.from(mutated).toString('base64')}`
          const decoded = type.decode(mutated)
          if (decoded.kind === 'valid') {
            assert.notEqual(decoded.name, '', hint)
            continue
          }
          malformed++
          assert.ok(decoded.errors.length > 0, hint)
          assert.ok(
            decoded.errors.every(({ message }) => message !== ''),
            hint,
          )
          const words = decoded.errors.reduce((sum, { field, message }) => sum + field.length + message.length, 0)
          assert.ok(words <= 1_000 + 50 * mutated.length, `${words} characters about ${mutated.length} bytes, ${hint}`)
        }
      }
      assert.ok(malformed > perSeed / 4, `only ${malformed} were malformed: the damage is too small to test anything`)
    })

    it(`of ${type.shortName} mean the same when they are decoded again, and after a good copy`, () => {
      const random = new SeededRandom(4)
      const mutator = new Mutator(random)
      for (let round = 0; round < 150; round++) {
        const { bytes } = own[random.below(own.length)]!
        const good = type.decode(bytes)
        const mutated = mutator.mutate(bytes, bytes)
        const first = type.decode(mutated)
        const again = type.decode(mutated, good.kind === 'valid' ? good.value : undefined)
        assert.deepEqual(meaningOf(again), meaningOf(first), `round ${round}`)
      }
    })

    it(`of ${type.shortName} take memory for what they are, and leave none of it behind`, async () => {
      const program = fileURLToPath(new URL('../testing/damage-process.js', import.meta.url))
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [`--max-old-space-size=${heapMegabytes}`, program, type.shortName, '5', '2000'],
        { timeout: patienceMs },
      )
      const { grownBytes, peakBytes } = JSON.parse(stdout) as DamageCost
      assert.ok(grownBytes < 4 * mebibyte, `${grownBytes} bytes of heap are left of a thousand resources`)
      assert.ok(peakBytes < 4 * heapMegabytes * mebibyte, `${peakBytes} bytes at most`)
    })
  }
})
