import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointConfig } from '@inmesh/core'
import { SeededRandom } from '@inmesh/core'
import { ClusterLoadAssignment, create, HealthStatus, type LbEndpoint, Metadata } from '@inmesh/xds-proto'
import { assignmentOf, istioEndpoint } from '../../testing/large-assignment.js'
import { endpointAssignmentType } from './endpoint-assignment-type.js'
import type { EndpointResource } from './endpoint-resource.js'
import type { WireRanges } from './serialized-assignment.js'
import { UnchangedEndpoints } from './unchanged-endpoints.js'

const LOCALITIES = 3

function encode(localities: readonly (readonly LbEndpoint[])[]): Uint8Array {
  return ClusterLoadAssignment.encode(assignmentOf('c', localities)).finish()
}

function endpointsOf({ assignment }: EndpointResource): EndpointConfig[] {
  return assignment.localities.flatMap(({ endpoints }) => endpoints)
}

/** One thing that happens to the endpoints of a service. */
function change(localities: LbEndpoint[][], random: SeededRandom, number: number): void {
  const list = localities[random.below(LOCALITIES)]!
  const at = random.below(list.length + 1)
  const endpoint = list[at]
  const kind = random.below(8)
  if (kind === 0 || endpoint === undefined) list.splice(at, 0, istioEndpoint(number, 1 + random.below(300)))
  else if (kind === 1) list.splice(at, 1)
  else if (kind === 2) list[at] = { ...endpoint, loadBalancingWeight: 1 + random.below(300) }
  else if (kind === 3) list[at] = { ...endpoint, healthStatus: HealthStatus.DRAINING }
  else if (kind === 4) localities[random.below(LOCALITIES)]!.push(...list.splice(at, 1))
  else if (kind === 5) list.reverse()
  else if (kind === 6) list[at] = { ...endpoint, metadata: create(Metadata, { filterMetadata: new Map() }) }
  else if (random.below(20) === 0) list.push(endpoint)
}

test('an assignment means the same, whatever it is the successor of, and what did not change is the same object', () => {
  const random = new SeededRandom(11)
  const localities = Array.from({ length: LOCALITIES }, (_, locality) =>
    Array.from({ length: 60 }, (__, index) => istioEndpoint(100 * locality + index)),
  )
  let before: EndpointResource | undefined
  let kept = 0
  for (let round = 0; round < 300; round++) {
    const duplicates = localities.map((list) => list.length)
    for (let count = random.below(4); count > 0; count--) change(localities, random, 1000 + 10 * round + count)
    const bytes = encode(localities)
    const decoded = endpointAssignmentType.decode(bytes, before)
    const anew = endpointAssignmentType.decode(bytes)
    assert.equal(decoded.kind, anew.kind)
    if (decoded.kind === 'malformed' || anew.kind === 'malformed') {
      assert.deepEqual(decoded, anew)
      // The duplicate goes again.
      for (const [index, list] of localities.entries()) list.length = Math.min(list.length, duplicates[index]!)
      continue
    }
    assert.deepEqual(decoded.value.assignment, anew.value.assignment)
    const known = new Map(before === undefined ? [] : endpointsOf(before).map((endpoint) => [endpoint.key, endpoint]))
    for (const endpoint of endpointsOf(decoded.value)) {
      const earlier = known.get(endpoint.key)
      if (earlier === undefined || JSON.stringify(earlier) !== JSON.stringify(endpoint)) continue
      kept++
      assert.equal(endpoint, earlier, endpoint.key)
    }
    before = decoded.value
  }
  assert.ok(kept > 20_000, String(kept))
})

test('endpoints behind those that came, went or changed are found by their bytes', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => index)
  const texts = numbers.map((number) => `endpoint ${number};`)
  const before = new UnchangedEndpoints(...laidOut(texts), undefined)
  const configs = numbers.map((number) => ({ key: `${number}` }) as EndpointConfig)
  for (const index of numbers) before.note(index, configs[index])
  const now = [
    ...texts.slice(0, 20),
    'a new one;',
    ...texts.slice(20, 90),
    'endpoint x0;',
    ...texts.slice(91, 120),
    ...texts.slice(150),
  ]
  const after = new UnchangedEndpoints(...laidOut(now), before.places)
  const read: string[] = []
  for (const [index, text] of now.entries()) {
    const found = after.find(index)
    const previous = text === 'endpoint x0;' ? configs[90] : configs[texts.indexOf(text)]
    if (found === undefined) read.push(text)
    else assert.equal(found, previous)
    after.note(index, found ?? previous, previous)
  }
  assert.deepEqual(read, ['a new one;', 'endpoint x0;', 'endpoint 150;'])
})

/** Texts one behind the other, and where they stand. */
function laidOut(texts: readonly string[]): [bytes: Buffer, ranges: WireRanges] {
  const ends: number[] = []
  for (const text of texts) ends.push((ends.at(-1) ?? 0) + text.length)
  return [Buffer.from(texts.join('')), { starts: [0, ...ends.slice(0, -1)], ends }]
}
