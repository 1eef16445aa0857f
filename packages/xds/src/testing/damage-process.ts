import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SeededRandom } from '@inmesh/core'
import { Mutator } from './mutator.js'
import { meshTypes, realResources } from './real-resources.js'

/** What decoding damaged resources took. */
export interface DamageCost {
  /** By how much the live heap grew from the first half of the rounds to the last, in bytes. */
  readonly grownBytes: number
  /** The most memory that the process ever had, in bytes; what is not on the heap included. */
  readonly peakBytes: number
}

// Decodes damaged resources of a type, each as the successor of the last good one, and prints a DamageCost. Arguments: the type's short
// name, the seed, the number of rounds.
const [shortName, seed, rounds] = process.argv.slice(2)
const type = meshTypes.find((each) => each.shortName === shortName)
if (type === undefined) throw new Error(`no type ${shortName}`)
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const resources = realResources()
const own = resources.filter((resource) => resource.type === type)
const random = new SeededRandom(Number(seed))
const mutator = new Mutator(random)
let previous: unknown

function decodeRounds(count: number): number {
  for (let round = 0; round < count; round++) {
    const { bytes } = own[random.below(own.length)]!
    const { bytes: other } = resources[random.below(resources.length)]!
    const decoded = type!.decode(mutator.mutate(bytes, other), previous as never)
    if (decoded.kind === 'valid') previous = decoded.value
  }
  collect()
  return process.memoryUsage().heapUsed
}

const half = Math.ceil(Number(rounds) / 2)
const before = decodeRounds(half)
const cost: DamageCost = {
  grownBytes: decodeRounds(half) - before,
  peakBytes: process.resourceUsage().maxRSS * 1024,
}
process.stdout.write(JSON.stringify(cost))
