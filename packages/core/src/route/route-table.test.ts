import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../cluster/cluster.js'
import type { ForwardAction, Route, VirtualHost } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { FakeCarrier, forward, LISTENER, request, route, routes, virtualHost } from '../testing/fixtures.js'
import type { ChoosingCall } from './cluster-choice.js'
import { RouteTable } from './route-table.js'
import type { RouteTimeouts } from './route-timeouts.js'

const random = new SeededRandom(1)

const choosing = (parts: Partial<ChoosingCall> = {}): ChoosingCall => ({
  request: request(),
  random,
  hash: () => undefined,
  ...parts,
})

function table(
  hosts: readonly VirtualHost[],
  ignorePortInHostMatching = false,
  listener: Partial<ListenerConfig> = {},
): RouteTable {
  const names = hosts.flatMap((host) =>
    host.routes.flatMap(({ action }) => (action.kind === 'forward' ? action.clusters.map(({ name }) => name) : [])),
  )
  const carriers = [new FakeCarrier('http'), new FakeCarrier('grpc')]
  const clusters = new Map(
    names.map((name) => [name, new Cluster(name, { carriers, clock: new SimulatedClock(), random }, () => {})]),
  )
  return new RouteTable(
    { ...LISTENER, ...listener },
    { ...routes(hosts), ignorePortInHostMatching },
    clusters,
    random,
    '80',
  )
}

const named = (name: string, match: Partial<Route['match']>, parts: Partial<Route> = {}): Route =>
  route(match, forward('c'), { name, ...parts })

const header = (name: string, value: string): Route['match']['headers'] => [
  { name, value: { kind: 'exact', value, ignoreCase: false }, invert: false, treatMissingAsEmpty: false },
]

const path = (value: string): Route['match']['path'] => ({ kind: 'exact', value, caseSensitive: true })

test('the virtual host is chosen by authority and its routes only are tried', () => {
  const hosts = [
    virtualHost([named('a', { path: path('/only-a') })], { name: 'a', domains: ['a'] }),
    virtualHost([named('any', {})], { name: 'any', domains: ['*'] }),
  ]
  assert.equal(table(hosts).match(request({ authority: 'b' }))?.source.name, 'any')
  assert.equal(table(hosts).match(request({ authority: 'a', path: '/x' })), undefined)
})

test('the port of the authority is ignored for HTTP only, and only where the table says so', () => {
  const hosts = [virtualHost([named('a', {})], { domains: ['a'] })]
  assert.equal(table(hosts).match(request({ authority: 'a:8080' })), undefined)
  assert.equal(table(hosts, true).match(request({ authority: 'a:8080' }))?.source.name, 'a')
  assert.equal(table(hosts, true).match(request({ authority: 'a:8080', view: 'grpc' })), undefined)
  const six = [virtualHost([named('six', {})], { domains: ['[::1]'] })]
  assert.equal(table(six, true).match(request({ authority: '[::1]' }))?.source.name, 'six')
  assert.equal(table(six, true).match(request({ authority: '[::1]:80' }))?.source.name, 'six')
})

test('a listener leaves out the own port, any port or a final dot where it says so, for HTTP only', () => {
  const hosts = [virtualHost([named('a', {})], { domains: ['a'] })]
  const found = (listener: Partial<ListenerConfig>, authority: string, view: 'http' | 'grpc' = 'http'): boolean =>
    table(hosts, false, listener).match(request({ authority, view })) !== undefined
  assert.equal(found({ strippedHostPort: 'own' }, 'a:80'), true)
  assert.equal(found({ strippedHostPort: 'own' }, 'a:8080'), false)
  assert.equal(found({ strippedHostPort: 'own' }, 'a:180'), false)
  assert.equal(found({ strippedHostPort: 'any' }, 'a:8080'), true)
  assert.equal(found({ strippedHostPort: 'any' }, 'a:8080', 'grpc'), false)
  assert.equal(found({ stripsTrailingHostDot: true }, 'a.'), true)
  assert.equal(found({ stripsTrailingHostDot: true, strippedHostPort: 'any' }, 'a.:80'), true)
  assert.equal(found({}, 'a.'), false)
})

test('the query string takes no part in matching the path', () => {
  const hosts = [virtualHost([named('exact', { path: path('/a') })])]
  assert.equal(table(hosts).match(request({ path: '/a?x=1' }))?.source.name, 'exact')
  assert.equal(table(hosts).match(request({ path: '/a#x' }))?.source.name, 'exact')
})

test('every condition must hold, and the first route that matches wins', () => {
  const hosts = [
    virtualHost([
      named('beta', { headers: header('x-beta', '1') }),
      named('put', { headers: header(':method', 'PUT') }),
      named('rest', {}),
    ]),
  ]
  const found = (parts: Parameters<typeof request>[0]): string | undefined =>
    table(hosts).match(request(parts))?.source.name
  assert.equal(found({ headers: { 'x-beta': '1' }, method: 'PUT' }), 'beta')
  assert.equal(found({ method: 'PUT' }), 'put')
  assert.equal(found({}), 'rest')
})

test('a route that is skipped for a view does not exist for it', () => {
  const hosts = [virtualHost([named('query', {}, { skipped: { grpc: 'query parameters' } }), named('rest', {})])]
  assert.equal(table(hosts).match(request())?.source.name, 'query')
  assert.equal(table(hosts).match(request({ view: 'grpc' }))?.source.name, 'rest')
})

test('a route that is refused for a view fails its calls with the reason, others go on', () => {
  const hosts = [virtualHost([named('r', {}, { refused: { grpc: 'cannot be done' } })])]
  const found = table(hosts).match(request())!
  assert.equal(found.refusal('http'), undefined)
  assert.match(found.refusal('grpc')!.detail, /route r of virtual host default: cannot be done/)
})

test('an unsupported action fails both views', () => {
  const hosts = [virtualHost([route({}, { kind: 'unsupported', reason: 'redirect is not supported' })])]
  const found = table(hosts).match(request())!
  assert.equal(found.refusal('http')?.httpStatus, 503)
  assert.equal(found.refusal('grpc')?.grpcStatus, 14)
})

test('grpcOnly looks at the content type of HTTP requests', () => {
  const hosts = [virtualHost([named('grpc', { grpcOnly: true }), named('rest', {})])]
  const found = (type: string): string | undefined =>
    table(hosts).match(request({ headers: { 'content-type': type } }))?.source.name
  assert.equal(found('application/grpc'), 'grpc')
  assert.equal(found('application/grpc+proto'), 'grpc')
  assert.equal(found('application/grpc;x=1'), 'grpc')
  assert.equal(found('application/grpc-web'), 'rest')
  assert.equal(table(hosts).match(request({ view: 'grpc' }))?.source.name, 'grpc')
})

test('a share of the requests takes the route, none at 0 and all at a million', () => {
  const share = (perMillion: number): number => {
    const made = table([virtualHost([named('part', { fraction: { perMillion } }), named('rest', {})])])
    let hits = 0
    for (let index = 0; index < 4000; index++) if (made.match(request())?.source.name === 'part') hits++
    return hits
  }
  assert.equal(share(0), 0)
  assert.equal(share(1_000_000), 4000)
  assert.ok(Math.abs(share(250_000) - 1000) < 150)
})

test('weights divide requests among clusters', () => {
  const found = table([virtualHost([route({}, forward({ v1: 90, v2: 10 }))])]).match(request())!
  const counts = { v1: 0, v2: 0 }
  for (let index = 0; index < 10_000; index++) counts[found.destination(choosing())!.cluster.name as 'v1' | 'v2']++
  assert.ok(Math.abs(counts.v2 - 1000) < 150, JSON.stringify(counts))
})

test('a header or the hash of a request chooses among weights, and chance where it says nothing', () => {
  const chosen = (clusterChoice: ForwardAction['clusterChoice'], parts: Partial<ChoosingCall>): string => {
    const action = { ...forward({ v1: 90, v2: 10 }), ...(clusterChoice && { clusterChoice }) }
    return table([virtualHost([route({}, action)])])
      .match(request())!
      .destination(choosing(parts))!.cluster.name
  }
  const byHeader = { kind: 'header', name: 'x-dice' } as const
  const dice = (value: string): Partial<ChoosingCall> => ({ request: request({ headers: { 'x-dice': value } }) })
  assert.equal(chosen(byHeader, dice('89')), 'v1')
  assert.equal(chosen(byHeader, dice('90')), 'v2')
  assert.equal(chosen(byHeader, dice('18446744073709551595')), 'v2', '2^64 - 21 is 95 modulo 100')
  for (const [high, low, expected] of [
    [0, 90, 'v2'],
    [0xffff_ffff, 0xffff_ffff - 20, 'v2'],
    [0xffff_ffff, 0xffff_ffff, 'v1'],
  ] as const) {
    assert.equal(chosen({ kind: 'hash' }, { hash: () => ({ high, low }) }), expected)
  }
  const counts = new Map<string, number>()
  for (let index = 0; index < 1000; index++) {
    const name = chosen(byHeader, dice('x'))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  assert.ok(Math.abs(counts.get('v2')! - 100) < 50, JSON.stringify([...counts]))
})

test('time limits follow each view', () => {
  const timeouts = (action: Parameters<typeof forward>[1], view: 'http' | 'grpc', listenerMs = 0): RouteTimeouts => {
    const carriers = [new FakeCarrier('http'), new FakeCarrier('grpc')]
    const clusters = new Map([['c', new Cluster('c', { carriers, clock: new SimulatedClock(), random }, () => {})]])
    const listener = { ...LISTENER, maxStreamDurationMs: listenerMs }
    const made = new RouteTable(listener, routes([virtualHost([route({}, forward('c', action))])]), clusters, random)
    return made.match(request())!.timeouts(request({ view }))
  }
  const defaults = {
    requestMs: 15_000,
    streamMs: 0,
    idleMs: 300_000,
    sendingMs: 0,
    grpcHeader: undefined,
    respectsExpected: false,
  }
  assert.deepEqual(timeouts({}, 'http'), defaults, "Envoy's defaults")
  assert.equal(timeouts({ timeoutMs: 0 }, 'http').requestMs, 0, '0 turns it off')
  assert.equal(timeouts({ timeoutMs: 3000 }, 'grpc').requestMs, 0, 'gRPC does not read it (A31)')
  const both = timeouts({ timeoutMs: 3000, maxStreamDurationMs: 2000 }, 'http')
  assert.deepEqual([both.requestMs, both.streamMs], [3000, 2000])
  const repeated = { timeoutMs: 3000, maxStreamDurationMs: 3000 }
  assert.equal(
    timeouts(repeated, 'http').streamMs,
    0,
    "what Istio says twice counts as a sidecar's, which is told once",
  )
  assert.equal(timeouts(repeated, 'grpc').streamMs, 3000)
  assert.equal(timeouts({ idleTimeoutMs: 0 }, 'http').idleMs, 0)
  assert.equal(timeouts({ idleTimeoutMs: 7 }, 'grpc').idleMs, 0, 'gRPC does not read it')
  assert.equal(timeouts({ maxStreamDurationMs: 2000 }, 'grpc', 500).streamMs, 2000, 'the route wins over the listener')
  assert.equal(timeouts({ maxStreamDurationMs: 0 }, 'grpc', 500).streamMs, 0, 'an explicit 0 too (A31)')
  const grpc = { maxStreamDurationMs: 2000, grpcMaxStreamDurationMs: 700 }
  assert.equal(timeouts(grpc, 'grpc').streamMs, 700, 'grpc_timeout_header_max wins over both (A31)')
  assert.equal(timeouts(grpc, 'http').streamMs, 2000)
})

test('the grpc-timeout of an HTTP request counts where the route lets it, as far as it does', () => {
  const streamMs = (
    header: string | undefined,
    grpcMaxStreamDurationMs?: number,
    grpcTimeoutOffsetMs?: number,
  ): number => {
    const action = forward('c', {
      maxStreamDurationMs: 9000,
      ...(grpcMaxStreamDurationMs !== undefined && { grpcMaxStreamDurationMs }),
      ...(grpcTimeoutOffsetMs !== undefined && { grpcTimeoutOffsetMs }),
    })
    const call = request({ headers: header === undefined ? {} : { 'grpc-timeout': header } })
    return table([virtualHost([route({}, action)])])
      .match(call)!
      .timeouts(call).streamMs
  }
  assert.equal(streamMs('2S'), 9000, 'without a maximum it is not read')
  assert.equal(streamMs('2S', 0), 2000)
  assert.equal(streamMs('2S', 1500), 1500)
  assert.equal(streamMs('300m', 1500, 100), 200)
  assert.equal(streamMs('50m', 1500, 100), 50, 'an offset that leaves nothing is not taken off')
  assert.equal(streamMs('2x', 1500), 9000)
  assert.equal(streamMs(undefined, 1500), 9000)
})
