import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FaultConfig } from '../model/filter-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { request } from '../testing/fixtures.js'
import { ActiveFaults } from './active-faults.js'
import { FaultFilter } from './fault-filter.js'
import type { FilterContext, Verdict } from './filter.js'
import { FilterChain } from './filter-chain.js'

const ALWAYS = { perMillion: 1_000_000 }
const PERCENT = 10_000

/** A request with an end. */
class Context implements FilterContext {
  responseKbps = 0
  delayInjected = false
  overrideHost = undefined
  readonly response = undefined
  readonly endpoint = undefined
  readonly clusterName = ''
  readonly routeName = ''
  readonly responseFlags = '-'
  readonly startTimeMs = 0
  readonly request: FilterContext['request']
  readonly clock = new SimulatedClock()
  readonly random: SeededRandom
  readonly faults: ActiveFaults
  readonly #endings: (() => void)[] = []

  constructor(parts: Parameters<typeof request>[0] = {}, faults = new ActiveFaults(), random = new SeededRandom(1)) {
    this.request = request(parts)
    this.faults = faults
    this.random = random
  }

  atEnd(callback: () => void): void {
    this.#endings.push(callback)
  }

  end(): void {
    for (const callback of this.#endings) callback()
  }
}

function fault(config: Omit<FaultConfig, 'kind'>): FaultFilter {
  return new FaultFilter('fault', { kind: 'fault', ...config }, 'listener')
}

function outcome(verdict: Verdict): string {
  if (verdict.kind === 'wait') return `wait ${verdict.delayMs}`
  return verdict.kind === 'local-reply' ? `${verdict.httpStatus} ${verdict.grpcStatus}` : 'continue'
}

/** How many of a thousand requests with these headers have a fault. */
function share(config: Omit<FaultConfig, 'kind'>, headers: Record<string, string>): number {
  const filter = fault(config)
  const random = new SeededRandom(5)
  let hit = 0
  for (let round = 0; round < 1000; round++) {
    if (filter.request(new Context({ headers }, new ActiveFaults(), random)).kind !== 'continue') hit++
  }
  return hit
}

describe('a fault that requests ask for', () => {
  const asked = { fraction: ALWAYS, askedUnit: PERCENT }

  it('is a delay by their header', () => {
    const filter = fault({ delay: asked })
    const ask = (value: string): string =>
      outcome(filter.request(new Context({ headers: { 'x-envoy-fault-delay-request': value } })))
    assert.deepEqual([ask('250'), ask('0'), ask('soon'), ask('-1')], ['wait 250', 'continue', 'continue', 'continue'])
    assert.equal(outcome(filter.request(new Context())), 'continue')
  })

  it('is an abort by their headers, the HTTP status before that of gRPC', () => {
    const filter = fault({ abort: asked })
    const http = 'x-envoy-fault-abort-request'
    const grpc = 'x-envoy-fault-abort-grpc-request'
    const ask = (headers: Record<string, string>): string => outcome(filter.request(new Context({ headers })))
    assert.equal(ask({ [http]: '503', [grpc]: '5' }), '503 14')
    assert.equal(ask({ [grpc]: '5' }), '200 5')
    assert.equal(ask({ [grpc]: '99' }), '200 2')
    assert.equal(ask({ [http]: '199', [grpc]: '7' }), '200 7')
    assert.equal(ask({ [http]: '600' }), 'continue')
    assert.equal(ask({}), 'continue')
  })

  it('can lower the share of requests and not raise it', () => {
    const half = { fraction: { perMillion: 500_000 }, askedUnit: PERCENT }
    const delay = { 'x-envoy-fault-delay-request': '5' }
    const near = (count: number, expected: number): boolean => Math.abs(count - expected) < 70
    assert.ok(near(share({ delay: half }, delay), 500))
    assert.ok(near(share({ delay: half }, { ...delay, 'x-envoy-fault-delay-request-percentage': '10' }), 100))
    assert.ok(near(share({ delay: half }, { ...delay, 'x-envoy-fault-delay-request-percentage': '90' }), 500))
    const abort = { 'x-envoy-fault-abort-request': '503', 'x-envoy-fault-abort-request-percentage': '0' }
    assert.equal(share({ abort: half }, abort), 0)
  })

  it('is not asked for where the configuration says what it is', () => {
    const headers = { 'x-envoy-fault-delay-request': '250', 'x-envoy-fault-delay-request-percentage': '0' }
    assert.equal(
      outcome(fault({ delay: { durationMs: 9, fraction: ALWAYS } }).request(new Context({ headers }))),
      'wait 9',
    )
  })
})

describe('a rate of responses', () => {
  const limit = (filter: FaultFilter, headers: Record<string, string> = {}, view: 'http' | 'grpc' = 'http'): number => {
    const context = new Context({ headers, view })
    assert.equal(outcome(filter.request(context)), 'continue')
    return context.responseKbps
  }

  it('is that of the configuration or of the request, and none for gRPC', () => {
    const fixed = fault({ responseRate: { fraction: ALWAYS, kbps: 64 } })
    assert.deepEqual([limit(fixed), limit(fixed, {}, 'grpc')], [64, 0])
    assert.equal(limit(fixed, { 'x-envoy-fault-throughput-response': '9' }), 64)
    const asked = fault({ responseRate: { fraction: ALWAYS, askedUnit: PERCENT } })
    const header = 'x-envoy-fault-throughput-response'
    assert.deepEqual([limit(asked, { [header]: '9' }), limit(asked), limit(asked, { [header]: '0' })], [9, 0, 0])
    assert.equal(limit(asked, { [header]: '9', [`${header}-percentage`]: '0' }), 0)
    assert.equal(limit(fault({ responseRate: { fraction: { perMillion: 0 }, kbps: 64 } })), 0)
  })

  it('counts as one fault with the delay of the same request, until that ends', () => {
    const faults = new ActiveFaults()
    const filter = fault({
      responseRate: { fraction: ALWAYS, kbps: 1 },
      delay: { durationMs: 5, fraction: ALWAYS },
      maxActive: 2,
    })
    const [first, second, third] = [1, 2, 3].map(() => new Context({}, faults))
    assert.equal(outcome(filter.request(first!)), 'wait 5')
    assert.equal(outcome(filter.request(second!)), 'wait 5')
    assert.equal(outcome(filter.request(third!)), 'continue')
    first!.end()
    assert.equal(outcome(filter.request(third!)), 'wait 5')
  })
})

describe('a fault for some requests', () => {
  const abort = { fraction: ALWAYS, httpStatus: 503 }

  it('is for those with its headers', () => {
    const present = { kind: 'present', present: true } as const
    const filter = fault({
      abort,
      headers: [{ name: 'x-a', value: present, invert: false, treatMissingAsEmpty: false }],
    })
    assert.equal(outcome(filter.request(new Context({ headers: { 'x-a': '' } }))), '503 14')
    assert.equal(outcome(filter.request(new Context())), 'continue')
  })

  it('is for those of its nodes', () => {
    const filter = fault({ abort, downstreamNodes: ['n1', 'n2'] })
    const node = (name: string): Context => new Context({ headers: { 'x-envoy-downstream-service-node': name } })
    assert.equal(outcome(filter.request(node('n2'))), '503 14')
    assert.equal(outcome(filter.request(node('n3'))), 'continue')
    assert.equal(outcome(filter.request(new Context())), 'continue')
  })

  it('is for those to its cluster', () => {
    const filters = [{ name: 'f', config: { kind: 'fault', abort, upstreamCluster: 'c' }, disabled: false }] as const
    const to = (cluster: string): string =>
      outcome(FilterChain.compile(filters, [], { listener: 'l', cluster }).run(new Context()))
    assert.deepEqual([to('c'), to('d')], ['503 14', 'continue'])
  })

  it('is for every gRPC call, whose clients read no such condition (gRFC A33)', () => {
    const config = { kind: 'fault', abort, upstreamCluster: 'c', downstreamNodes: ['n'] } as const
    const chain = FilterChain.compile([{ name: 'f', config, disabled: false }], [], { listener: 'l', cluster: 'd' })
    assert.equal(outcome(chain.run(new Context({ view: 'grpc' }))), '503 14')
  })
})

describe('the number of faults at a time', () => {
  const limited = { delay: { durationMs: 10, fraction: ALWAYS }, maxActive: 1 }

  it('is limited for HTTP until the request ends', () => {
    const filter = fault(limited)
    const faults = new ActiveFaults()
    const first = new Context({}, faults)
    const waiting = filter.request(first)
    assert.ok(waiting.kind === 'wait')
    assert.equal(waiting.resume(first).kind, 'continue')
    assert.equal(outcome(filter.request(new Context({}, faults))), 'continue')
    first.end()
    assert.equal(outcome(filter.request(new Context({}, faults))), 'wait 10')
  })

  it('is limited for gRPC until the delay ends, or the request while it is delayed (gRFC A33)', () => {
    const filter = fault(limited)
    const faults = new ActiveFaults()
    const grpc = (): Context => new Context({ view: 'grpc' }, faults)
    const first = grpc()
    const waiting = filter.request(first)
    assert.equal(outcome(filter.request(grpc())), 'continue')
    assert.ok(waiting.kind === 'wait')
    waiting.resume(first)
    const second = grpc()
    assert.equal(outcome(filter.request(second)), 'wait 10')
    second.end()
    assert.equal(faults.count(ActiveFaults.GRPC), 0)
    first.end()
    assert.equal(faults.count(ActiveFaults.GRPC), 0)
  })

  it('is counted for HTTP by listener and filter, for gRPC over the whole mesh', () => {
    const other = new FaultFilter('other', { kind: 'fault', ...limited }, 'listener')
    const faults = new ActiveFaults()
    const both = (view: 'http' | 'grpc'): string[] =>
      [fault(limited), other].map((filter) => outcome(filter.request(new Context({ view }, faults))))
    assert.deepEqual(both('http'), ['wait 10', 'wait 10'])
    assert.deepEqual(both('grpc'), ['wait 10', 'continue'])
  })

  it('may be none', () => {
    assert.equal(outcome(fault({ ...limited, maxActive: 0 }).request(new Context())), 'continue')
  })
})
