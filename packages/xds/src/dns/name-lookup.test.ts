import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { silentLogger } from '@inmesh/core'
import type { DnsSettings } from '../resource/cluster/cluster-resource.js'
import { middling } from '../testing/ads-bench.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { FakeDnsResolver } from '../testing/fake-dns-resolver.js'
import { NameLookup } from './name-lookup.js'

const NAME = 'shop.example'

let clock: FakeClock
let resolver: FakeDnsResolver
let seen: string[]

beforeEach(() => {
  clock = new FakeClock()
  resolver = new FakeDnsResolver()
  seen = []
})

async function look(settings: Partial<DnsSettings> = {}): Promise<NameLookup> {
  const defaults: DnsSettings = {
    family: 'ipv4-only',
    refreshMs: 5000,
    jitterMs: 0,
    respectTtl: false,
    failureRefresh: { baseMs: 1000, maxMs: 4000 },
  }
  const ports = { resolver, clock, random: middling, logger: silentLogger }
  const lookup: NameLookup = new NameLookup(NAME, { ...defaults, ...settings }, ports, () =>
    seen.push(lookup.addresses!.join()),
  )
  await settled()
  return lookup
}

test('a name is looked up again and again, and only a changed answer is told', async () => {
  resolver.set(NAME, ['10.0.0.1'])
  await look()
  await clock.advance(5000)
  resolver.set(NAME, ['10.0.0.2', '10.0.0.3'])
  await clock.advance(5000)
  assert.deepEqual(seen, ['10.0.0.1', '10.0.0.2,10.0.0.3'])
  assert.equal(resolver.take().length, 3)
})

test('the last good answer counts while lookups fail, which are repeated at growing distances', async () => {
  resolver.set(NAME, ['10.0.0.1'])
  const lookup = await look()
  resolver.fail(NAME)
  const waits: (number | undefined)[] = []
  for (let round = 0; round < 5; round++) {
    waits.push(clock.nextDelayMs)
    await clock.advance(clock.nextDelayMs!)
  }
  assert.deepEqual(waits, [5000, 1000, 2000, 4000, 4000])
  assert.deepEqual([seen, lookup.addresses], [['10.0.0.1'], ['10.0.0.1']])
  resolver.set(NAME, ['10.0.0.1'])
  await clock.advance(4000)
  assert.equal(clock.nextDelayMs, 5000)
})

test('a name that cannot be looked up from the beginning has no addresses', async () => {
  resolver.fail(NAME)
  await look()
  assert.deepEqual(seen, [''])
})

test('a name that does not exist any more loses its addresses', async () => {
  resolver.set(NAME, ['10.0.0.1'])
  await look()
  resolver.set(NAME, [])
  await clock.advance(5000)
  assert.deepEqual(seen, ['10.0.0.1', ''])
})

test('the time to live of the answer is waited where that is wanted, and where there is one', async () => {
  resolver.set(NAME, ['10.0.0.1'], 30_000)
  await look({ respectTtl: true })
  assert.equal(clock.nextDelayMs, 30_000)
  resolver.set(NAME, ['10.0.0.1'], 0)
  await clock.advance(30_000)
  assert.equal(clock.nextDelayMs, 5000)
})

test('waits are spread by the jitter', async () => {
  await look({ jitterMs: 200 })
  assert.equal(clock.nextDelayMs, 5100)
})

test('the family says which addresses are asked for and which come first', async () => {
  resolver.set(NAME, ['10.0.0.1', '::1'])
  const families = ['auto', 'ipv4-only', 'ipv6-only', 'ipv4-preferred', 'all'] as const
  for (const family of families) await look({ family })
  assert.deepEqual(seen, ['::1', '10.0.0.1', '::1', '10.0.0.1', '10.0.0.1,::1'])
  resolver.set(NAME, ['10.0.0.1'])
  seen = []
  for (const family of families) await look({ family })
  assert.deepEqual(seen, ['10.0.0.1', '10.0.0.1', '', '10.0.0.1', '10.0.0.1'])
})

test('a wish is carried out at once half a minute after the last lookup began, and until then put off', async () => {
  const lookup = await look({ refreshMs: 600_000 })
  await clock.advance(10_000)
  lookup.lookUpAgain()
  assert.equal(clock.nextDelayMs, 20_000)
  await clock.advance(5000)
  lookup.lookUpAgain()
  assert.deepEqual([clock.nextDelayMs, clock.timerCount], [15_000, 1])
  await clock.advance(15_000)
  assert.equal(resolver.take().length, 2)
  await clock.advance(40_000)
  lookup.lookUpAgain()
  assert.deepEqual([clock.nextDelayMs, clock.timerCount], [0, 1])
  await clock.advance(0)
  assert.deepEqual([resolver.take().length, clock.nextDelayMs], [1, 600_000])
})

test('a wish puts off no lookup that comes earlier by itself', async () => {
  const lookup = await look({ refreshMs: 5000 })
  lookup.lookUpAgain()
  assert.equal(clock.nextDelayMs, 5000)
})

test('a wish while a lookup is under way adds none to it, and one after the end does nothing', async () => {
  const lookup = await look({ refreshMs: 600_000 })
  await clock.advance(30_000)
  lookup.lookUpAgain()
  const under = clock.advance(0)
  lookup.lookUpAgain()
  await under
  assert.deepEqual([resolver.take().length, clock.nextDelayMs, clock.timerCount], [2, 600_000, 1])
  lookup.close()
  lookup.lookUpAgain()
  assert.equal(clock.timerCount, 0)
})

test('a lookup that was closed neither tells nor asks again', async () => {
  const lookup = await look()
  lookup.close()
  resolver.set(NAME, ['10.0.0.1'])
  await clock.advance(60_000)
  assert.deepEqual([seen.length, resolver.take().length], [1, 1])
})
