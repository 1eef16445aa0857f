import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestView } from '../call/request-view.js'
import { ActiveFaults } from '../filters/active-faults.js'
import type { FaultConfig } from '../model/filter-config.js'
import type { Route, RouteAction, ServeAction } from '../model/route.js'
import type { ListenerConfig } from '../model/target-config.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { ServerRouteTable } from '../route/server-route-table.js'
import { forward, LISTENER, request, route, routes, virtualHost } from '../testing/fixtures.js'
import { InboundCall } from './inbound-call.js'

const SERVE: ServeAction = { kind: 'serve', timeoutMs: 0 }
const ALWAYS = { perMillion: 1_000_000 }

function call(
  action: RouteAction,
  parts: { route?: Partial<Route>; listener?: Partial<ListenerConfig>; request?: RequestView; deadline?: number } = {},
) {
  const clock = new SimulatedClock()
  const plane = { clock, random: new SeededRandom(1), faults: new ActiveFaults() }
  const hosts = [virtualHost([route({}, action, { name: 'r', ...parts.route })], { domains: ['*'] })]
  const table = new ServerRouteTable({ ...LISTENER, ...parts.listener }, routes(hosts), plane.random)
  return { tested: new InboundCall(plane, table, parts.request ?? request(), parts.deadline), clock, plane }
}

function faulty(config: Omit<FaultConfig, 'kind'>): Partial<ListenerConfig> {
  return { filters: [{ name: 'fault', config: { kind: 'fault', ...config }, disabled: false }] }
}

describe('a request that a server takes', () => {
  it('goes to the application by a route that serves', () => {
    const { tested } = call(SERVE)
    assert.equal(tested.start().kind, 'continue')
    assert.deepEqual(
      [tested.routeName, tested.changesResponse, tested.deadline],
      ['r', false, Number.POSITIVE_INFINITY],
    )
  })

  it('fails by a route that forwards, and where there is none', () => {
    const refused = call(forward('elsewhere')).tested.start()
    assert.ok(
      refused.kind === 'local-reply' && refused.httpStatus === 503 && refused.code === 'ERR_INMESH_ROUTE_UNSUPPORTED',
    )
    const path = { kind: 'prefix' as const, value: '/other', caseSensitive: true }
    const lost = call(SERVE, { route: { match: { path, headers: [], grpcOnly: false } } }).tested.start()
    assert.ok(lost.kind === 'local-reply' && lost.httpStatus === 404 && lost.flag === 'NR')
  })

  it('is answered by a direct response and by a fault', () => {
    const direct = call({ kind: 'direct-response', status: 204, body: '' }).tested.start()
    assert.ok(direct.kind === 'local-reply' && direct.httpStatus === 204)
    const abort = { abort: { fraction: ALWAYS, httpStatus: 418 } }
    const { tested, plane } = call(SERVE, { listener: { ...faulty(abort), name: 'in' } })
    const fault = tested.start()
    assert.ok(fault.kind === 'local-reply' && fault.httpStatus === 418)
    assert.equal(plane.faults.count('in\nfault'), 1)
    tested.end()
    tested.end()
    assert.equal(plane.faults.count('in\nfault'), 0)
  })

  it('waits for a delay and goes on', () => {
    const { tested } = call(SERVE, { listener: faulty({ delay: { fraction: ALWAYS, durationMs: 70 } }) })
    const wait = tested.start()
    assert.ok(wait.kind === 'wait' && wait.delayMs === 70)
    assert.equal(tested.resume(wait).kind, 'continue')
    assert.throws(() => tested.start(), TypeError)
  })

  it('has the shorter of the deadlines of its caller and its route', () => {
    const limited: ServeAction = { kind: 'serve', timeoutMs: 500 }
    const own = call(limited, { deadline: 100 }).tested
    own.start()
    assert.equal(own.deadline, 100)
    const { tested, clock } = call(limited, { deadline: 9000 })
    clock.advance(0)
    tested.start()
    assert.equal(tested.deadline, clock.now() + 500)
    assert.equal(tested.late().httpStatus, 504)
  })
})
