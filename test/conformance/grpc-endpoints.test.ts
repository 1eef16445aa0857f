import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { GrpcMeshProcess } from './harness/grpc-mesh-process.js'
import {
  aggregate,
  assignment,
  cluster,
  endpoints,
  lbEndpoint,
  listener,
  locality,
  logicalDns,
  routes,
  to,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const echo = 'echo.test:80'
const deadlineExceeded = 4
const unavailable = 14

describe('gRPC calls: endpoints', () => {
  const suite = suiteScope()
  let v1: Upstream
  let v2: Upstream
  before(async () => {
    v1 = await Upstream.start(suite, 'v1', 'grpc')
    v2 = await Upstream.start(suite, 'v2', 'grpc')
  })

  async function connected(
    t: TestContext,
    localities: readonly ScriptedResource[],
    parts: {
      readonly action?: ScriptedResource
      readonly cluster?: ScriptedResource
      readonly clockFactor?: number
    } = {},
  ) {
    const plane = await ScriptedControlPlane.start(t, [
      listener(echo),
      routes(echo, to(echo, parts.action)),
      cluster(echo, parts.cluster),
      assignment(echo, ...localities),
    ])
    return { plane, mesh: await GrpcMeshProcess.start(t, plane, { clockFactor: parts.clockFactor ?? 1 }) }
  }

  /** Two priorities, one endpoint each. */
  function priorities(...ports: readonly number[]): ScriptedResource[] {
    return ports.map((port, priority) => locality(`zone-${priority}`, [port], { priority }))
  }

  it('#80 without endpoints a call fails at once, and is not queued', async (t) => {
    const { mesh } = await connected(t, [])
    assert.equal((await mesh.call(echo)).code, unavailable)
  })

  it('#79 only healthy endpoints and those of unknown health take calls', async (t) => {
    const health = (port: number, health_status: string): ScriptedResource => lbEndpoint(port, { health_status })
    const { mesh } = await connected(t, [locality('a', [health(v1.port, 'UNKNOWN'), health(v2.port, 'DRAINING')])])
    assert.deepEqual(await mesh.calls(echo, 20), { v1: 20 })
  })

  it('#89 when no endpoint of the first priority can be reached, the next takes over; the first is back, and so are the calls', async (t) => {
    const first = await Upstream.start(t, 'first', 'grpc')
    const { mesh } = await connected(t, priorities(first.port, v2.port))
    assert.deepEqual(await mesh.calls(echo, 10), { first: 10 })
    await first.kill()
    await mesh.answeredBy('v2', echo)
    const back = await Upstream.start(t, 'back', 'grpc', first.port)
    await mesh.answeredBy('back', echo)
    assert.deepEqual(await mesh.calls(echo, 10), { back: 10 })
    await back.kill()
  })

  it('#89 failover takes all calls or none: half of a priority is enough', async (t) => {
    const gone = await Upstream.start(t, 'gone', 'grpc')
    const { mesh } = await connected(t, [
      locality('a', [v1.port, gone.port], { priority: 0 }),
      locality('b', [v2.port], { priority: 1 }),
    ])
    await mesh.answeredBy('gone', echo)
    await gone.kill()
    await eventually(
      'gone is given up',
      () => mesh.calls(echo, 20),
      (tally) => tally.gone === undefined && tally.v1 === 20,
    )
    assert.deepEqual(await mesh.calls(echo, 40), { v1: 40 })
  })

  it('#88 a locality that moves to another priority keeps its connection', async (t) => {
    const { plane, mesh } = await connected(t, priorities(v1.port, v2.port))
    assert.deepEqual(await mesh.calls(echo, 10), { v1: 10 })
    await plane.set(
      '2',
      assignment(echo, locality('zone-1', [v2.port], { priority: 0 }), locality('zone-0', [v1.port], { priority: 1 })),
    )
    await mesh.answeredBy('v2', echo)
    assert.deepEqual(await mesh.calls(echo, 10), { v2: 10 })
    assert.ok(!mesh.released(v1.port))
  })

  it('#90 a first priority that only connects is waited for, and passed over when its time is up', async (t) => {
    const silent = await Upstream.start(t, 'silent', 'silent')
    const { mesh } = await connected(t, priorities(silent.port, v2.port), { clockFactor: 10 })
    assert.equal((await mesh.call(echo, { deadlineMs: 5_000 })).code, deadlineExceeded)
    assert.equal((await mesh.call(echo)).server, 'v2')
  })

  it('#91 a first priority that connects only when it is asked is no failure', async (t) => {
    const { mesh } = await connected(t, priorities(v1.port, v2.port), { cluster: { lb_policy: 'RING_HASH' } })
    assert.deepEqual(await mesh.calls(echo, 10), { v1: 10 })
  })

  it('#92 the endpoints in use move to the first priority, or go, while it runs', async (t) => {
    const gone = await Upstream.start(t, 'gone', 'grpc')
    await gone.kill()
    const { plane, mesh } = await connected(t, priorities(gone.port, v2.port))
    assert.equal((await mesh.call(echo)).server, 'v2')
    await plane.set('2', assignment(echo, locality('zone-1', [v2.port])))
    await plane.acknowledged('ClusterLoadAssignment', '2')
    assert.deepEqual(await mesh.calls(echo, 10), { v2: 10 })
    assert.ok(!mesh.released(v2.port), 'its connection moved with it')
    await plane.set('3', assignment(echo, ...priorities(gone.port)))
    await eventually(
      'nobody is left',
      () => mesh.call(echo),
      ({ code }) => code === unavailable,
    )
    await plane.set('4', assignment(echo, ...priorities(gone.port, v2.port)))
    await mesh.answeredBy('v2', echo)
  })

  it('#93 when connections fail the name of a cluster in DNS is looked up again, and endpoints of EDS are not asked for', async (t) => {
    const near = await Upstream.start(t, 'near', 'grpc')
    const far = await Upstream.start(t, 'far', 'grpc')
    const plane = await ScriptedControlPlane.start(t, [
      listener(echo),
      routes(echo, to('all')),
      aggregate('all', 'near', 'far'),
      cluster('near'),
      endpoints('near', near.port),
      // Its timers would look it up in three weeks.
      logicalDns('far', far.port, { dns_refresh_rate: '2000000s' }),
    ])
    const mesh = await GrpcMeshProcess.start(t, plane)
    await mesh.answeredBy('near', echo)
    const asked = plane.requests('ClusterLoadAssignment').length
    await near.kill()
    await mesh.answeredBy('far', echo)
    assert.deepEqual(mesh.lookups(), ['localhost'])
    const { mark } = mesh
    await far.kill()
    await mesh.lookup(mark)
    assert.deepEqual([...new Set(mesh.lookups())], ['localhost'])
    assert.equal(plane.requests('ClusterLoadAssignment').length, asked)
  })

  it('#95 so many calls as the cluster allows are in flight; one more is UNAVAILABLE at once', async (t) => {
    const { mesh } = await connected(t, [locality('a', [v1.port])], {
      cluster: { circuit_breakers: { thresholds: [{ max_requests: 1 }] } },
    })
    assert.deepEqual(await mesh.calls(echo, 3), { v1: 3 })
    const seen = v1.requests
    const held = mesh.call(echo, { headers: { 'x-hold': '1' } })
    await v1.received(undefined, seen + 1)
    const refused = await mesh.call(echo)
    assert.deepEqual([refused.code, refused.server, refused.attempts], [unavailable, null, 0])
    await v1.release()
    assert.equal((await held).code, 0)
  })

  it('#101 calls of one key go to one endpoint, as the header says', async (t) => {
    const { mesh } = await connected(t, [locality('a', [v1.port, v2.port])], {
      cluster: { lb_policy: 'RING_HASH' },
      action: { hash_policy: [{ header: { header_name: 'x-user' } }] },
    })
    const servers = new Set<string>()
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const tally = Object.keys(await mesh.calls(echo, 5, { headers: { 'x-user': user } }))
      assert.equal(tally.length, 1, `${user} went to ${tally}`)
      servers.add(tally[0]!)
    }
    assert.equal(servers.size, 2)
  })

  it('#101 a regular expression may cut what is hashed out of the header', async (t) => {
    const { mesh } = await connected(t, [locality('a', [v1.port, v2.port])], {
      cluster: { lb_policy: 'RING_HASH' },
      action: {
        hash_policy: [
          {
            header: {
              header_name: 'x-user',
              regex_rewrite: { pattern: { regex: '-.*' }, substitution: '' },
            },
          },
        ],
      },
    })
    const servers = new Set<string>()
    for (let tail = 0; tail < 12; tail++) {
      servers.add(Object.keys(await mesh.calls(echo, 1, { headers: { 'x-user': `same-${tail}` } }))[0]!)
    }
    assert.equal(servers.size, 1)
  })

  it('#67 what is binary gives no hash, and what is empty gives one', async (t) => {
    const { mesh } = await connected(t, [locality('a', [v1.port, v2.port])], {
      cluster: { lb_policy: 'RING_HASH' },
      action: { hash_policy: [{ header: { header_name: 'user-bin' } }, { header: { header_name: 'x-user' } }] },
    })
    assert.equal(Object.keys(await mesh.calls(echo, 12, { headers: { 'x-user': '', 'user-bin': 'AA' } })).length, 1)
    assert.equal(Object.keys(await mesh.calls(echo, 40, { headers: { 'user-bin': 'AA' } })).length, 2)
  })

  it('#102 without a hash, calls are spread by the weights of localities and endpoints', async (t) => {
    const { mesh } = await connected(
      t,
      [
        locality('a', [lbEndpoint(v1.port, { load_balancing_weight: 3 })], { load_balancing_weight: 3 }),
        locality('b', [lbEndpoint(v2.port, { load_balancing_weight: 7 })], { load_balancing_weight: 1 }),
      ],
      { cluster: { lb_policy: 'RING_HASH' } },
    )
    await mesh.calls(echo, 50)
    const { v1: first = 0, v2: second = 0 } = await mesh.calls(echo, 800)
    assert.equal(first + second, 800)
    // Three quarters, give or take what a ring of 1024 and five standard deviations allow.
    assert.ok(Math.abs(first - 600) < 110, `${first} of 800`)
  })

  it('#101 a terminal policy that gave a hash ends the list; one that gave none does not', async (t) => {
    const policies = [{ header: { header_name: 'x-first' }, terminal: true }, { header: { header_name: 'x-second' } }]
    const { mesh } = await connected(t, [locality('a', [v1.port, v2.port])], {
      cluster: { lb_policy: 'RING_HASH' },
      action: { hash_policy: policies },
    })
    const serversOf = async (headers: (index: number) => Record<string, string>): Promise<number> => {
      const servers = new Set<string>()
      for (let index = 0; index < 12; index++) {
        servers.add(Object.keys(await mesh.calls(echo, 1, { headers: headers(index) }))[0]!)
      }
      return servers.size
    }
    assert.equal(await serversOf((index) => ({ 'x-first': 'same', 'x-second': String(index) })), 1)
    assert.equal(await serversOf((index) => ({ 'x-second': String(index) })), 2)
    assert.equal(await serversOf(() => ({ 'x-second': 'same' })), 1)
  })

  it('#103 the next endpoint of the ring takes the calls of one that cannot be reached', async (t) => {
    const gone = await Upstream.start(t, 'gone', 'grpc')
    const { mesh } = await connected(t, [locality('a', [v1.port, gone.port])], {
      cluster: { lb_policy: 'RING_HASH' },
      action: { hash_policy: [{ header: { header_name: 'x-user' } }] },
    })
    const users = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const mine: string[] = []
    for (const user of users) {
      if ((await mesh.call(echo, { headers: { 'x-user': user } })).server === 'gone') mine.push(user)
    }
    assert.ok(mine.length > 0 && mine.length < users.length, mine.join())
    await gone.kill()
    for (const user of mine) {
      await eventually(
        `${user} is served by v1`,
        () => mesh.call(echo, { headers: { 'x-user': user } }),
        ({ server }) => server === 'v1',
      )
    }
  })

  /** A cluster with one policy of the newer kind. */
  function policy(name: string, type: string, fields: ScriptedResource = {}): ScriptedResource {
    const typed_config = { '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${type}`, ...fields }
    return { load_balancing_policy: { policies: [{ typed_extension_config: { name, typed_config } }] } }
  }

  it('#108 pick_first takes the first endpoint that can be reached, and stays with it', async (t) => {
    const gone = await Upstream.start(t, 'gone', 'grpc')
    await gone.kill()
    const { mesh } = await connected(t, [locality('a', [gone.port, v1.port, v2.port])], {
      cluster: policy('pick_first', 'pick_first.v3.PickFirst'),
    })
    assert.deepEqual(await mesh.calls(echo, 10), { v1: 10 })
  })

  it('#108 where no endpoint can be reached calls fail at once, until one can', async (t) => {
    const only = await Upstream.start(t, 'only', 'grpc')
    const { mesh } = await connected(t, [locality('a', [only.port])], {
      cluster: policy('pick_first', 'pick_first.v3.PickFirst'),
    })
    await mesh.answeredBy('only', echo)
    await only.kill()
    await eventually(
      'it is given up',
      () => mesh.call(echo),
      ({ code }) => code === unavailable,
    )
    const back = await Upstream.start(t, 'back', 'grpc', only.port)
    await mesh.answeredBy('back', echo)
    await back.kill()
  })
})
