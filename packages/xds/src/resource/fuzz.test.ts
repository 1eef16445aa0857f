import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom } from '@inmesh/core'
import { Mutator } from '../testing/mutator.js'
import { meshTypes, realResources } from '../testing/real-resources.js'

// Whatever bytes a control plane sends, a decoder answers, in words that are not much longer than the bytes.

const seeds = [1, 2, 3]
const perSeed = 500
const resources = realResources()

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
        assert.deepEqual(again, first, `round ${round}`)
      }
    })
  }
})
