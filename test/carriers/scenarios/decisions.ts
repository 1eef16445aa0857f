import assert from 'node:assert/strict'
import { type Answer, textOf } from '../carrier.js'
import {
  type Cell,
  NOT_COPIED,
  NOT_FOLLOWED,
  NOT_REPEATED,
  REQUEST_ONLY,
  type Result,
  type Scenario,
  WORKS,
} from '../scenario.js'
import type { Seen } from '../upstream.js'

/** The body is a stream, of this client or of those that make one of every body: it is never sent twice. */
const ONE_SHOT = {
  'fetch, installGlobal': NOT_REPEATED,
  'fetch, dispatcher': NOT_REPEATED,
  'undici 6 fetch': NOT_REPEATED,
  'undici pipeline': NOT_REPEATED,
}

/** undici's `upgrade` and `connect`, and WebSockets of browsers, take any other response for a failure and do not show it. */
const REFUSED = {
  'undici upgrade': 'UND_ERR_SOCKET',
  'undici connect': 'UND_ERR_SOCKET',
  'undici WebSocket': 'the event error',
  'WebSocket, installGlobal': 'the event error',
}

/** What the mesh answers itself, where the client shows it; what the client makes of it otherwise, of which `mesh.outcome()` tells more. */
async function answered(cell: Cell, path: string, status: number, text: RegExp, query = {}): Promise<Result> {
  let answer: Answer
  try {
    answer = await cell.open(cell.url(path, query))
  } catch (error) {
    const outcome = cell.mesh.outcome(error as Error)
    if (!cell.carrier.name.includes('WebSocket')) assert.equal(outcome?.status, status)
    throw error
  }
  assert.equal(answer.status, status)
  assert.match(await textOf(answer), text)
  assert.equal(cell.mesh.outcome(answer.handle!)?.status ?? status, status)
  return WORKS
}

/** What the mesh decides about a request before any of its bytes is sent, and after its response. */
export const decisions: readonly Scenario[] = [
  {
    title: 'route',
    about: 'by path, and by a header where the client lets one be set',
    otherwise: {},
    async run(cell) {
      assert.equal((await cell.ask(cell.url('/plain'))).seen.server, 'v1')
      assert.equal((await cell.ask(cell.url('/v2'))).seen.server, 'v2')
      const { seen } = await cell.ask(cell.url('/plain'), { headers: { 'x-user': 'tester' } })
      assert.equal(seen.server, 'v2')
      return WORKS
    },
  },
  {
    title: 'split',
    about: 'between two versions by weight',
    otherwise: {},
    async run(cell) {
      const servers = new Set<string>()
      for (let call = 0; call < 100 && servers.size < 2; call++) {
        servers.add((await cell.ask(cell.url('/split'))).seen.server)
      }
      assert.deepEqual([...servers].sort(), ['v1', 'v2'])
      return WORKS
    },
  },
  {
    title: 'rewrite',
    about: 'of path and host',
    otherwise: {},
    async run(cell) {
      const { seen } = await cell.ask(cell.url('/old/1'))
      assert.deepEqual([seen.url.split('?')[0], seen.headers.host], ['/new/1', 'products.test'])
      return WORKS
    },
  },
  {
    title: 'redirect',
    about: 'of a route, which the client gets, or follows where it can',
    otherwise: { ...REFUSED, 'undici pipeline': NOT_FOLLOWED },
    async run(cell) {
      const plain = await cell.open(cell.url('/moved'))
      assert.equal(plain.status, 307)
      assert.equal(plain.headers?.location, cell.url('/plain'))
      await textOf(plain)
      assert.equal(cell.bench.v1.count(cell.run), 0)
      const followed = await cell.open(cell.url('/moved'), { follow: true })
      if (followed.status === 307) return NOT_FOLLOWED
      await cell.bench.v1.arrival(cell.run)
      followed.close?.()
      return WORKS
    },
  },
  {
    title: 'header ops',
    about: 'set, add and remove, of request and response',
    otherwise: { 'undici WebSocket': REQUEST_ONLY, 'WebSocket, installGlobal': REQUEST_ONLY },
    async run(cell) {
      const { answer, seen } = await cell.ask(cell.url('/headers'), {
        headers: { 'x-set': 'caller', 'x-add': 'caller', 'x-remove': 'caller' },
      })
      const { headers } = seen
      assert.deepEqual([headers['x-set'], headers['x-add'], headers['x-remove']], ['mesh', 'caller, mesh', undefined])
      if (answer.headers === undefined) return REQUEST_ONLY
      const { 'x-set': set, 'x-add': added, 'x-remove': removed } = answer.headers
      assert.deepEqual([set, [added].flat().join(', '), removed], ['mesh', 'upstream, mesh', undefined])
      return WORKS
    },
  },
  {
    title: 'retry',
    about: 'of a response 503',
    otherwise: { 'undici pipeline': NOT_REPEATED },
    async run(cell) {
      const answer = await cell.open(cell.url('/retried', { fail: 1 }))
      if (answer.status === 503) return NOT_REPEATED
      const { url } = cell.upgrades ? { url: '/retried' } : (JSON.parse(await textOf(answer)) as Seen)
      assert.ok(url.startsWith('/retried'))
      answer.close?.()
      assert.equal(cell.upstream.count(cell.run), 2)
      return WORKS
    },
  },
  {
    title: 'retry with a body',
    about: 'of a response 503, with the body of the request, a text',
    otherwise: ONE_SHOT,
    requestsOnly: true,
    async run(cell) {
      const answer = await cell.open(cell.url('/retried', { fail: 1 }), { method: 'POST', body: 'order' })
      if (answer.status === 503) {
        assert.equal(cell.upstream.count(cell.run), 1)
        return NOT_REPEATED
      }
      const seen = JSON.parse(await textOf(answer)) as Seen
      assert.deepEqual([answer.status, seen.body, cell.upstream.count(cell.run)], [200, 'order', 2])
      return WORKS
    },
  },
  {
    title: 'timeout',
    about: 'of the route: 504, and the server is let go',
    otherwise: REFUSED,
    async run(cell) {
      const result = answered(cell, '/slow', 504, /^upstream request timeout$/, { do: 'hold' })
      await result.catch(() => {})
      // On a busy machine the time may pass before there is a connection.
      await cell.bench.v1.arrivals.get(cell.run)?.[0]?.left
      return await result
    },
  },
  {
    title: 'fault',
    about: 'an abort and a delay',
    otherwise: REFUSED,
    async run(cell) {
      const { answer, seen } = await cell.ask(cell.url('/delayed'))
      assert.equal(seen.server, 'v1')
      if (answer.handle !== undefined) assert.equal(cell.mesh.outcome(answer.handle)?.flags ?? 'DI', 'DI')
      return await answered(cell, '/fault', 418, /^fault filter abort$/)
    },
  },
  {
    title: 'mirror',
    about: 'a copy of the request goes elsewhere; of an upgrade none, as with Envoy',
    otherwise: {
      'undici upgrade': NOT_COPIED,
      'undici connect': NOT_COPIED,
      ws: NOT_COPIED,
      'undici WebSocket': NOT_COPIED,
      'WebSocket, installGlobal': NOT_COPIED,
    },
    async run(cell) {
      const copied = cell.bench.shadow.arrival(cell.run)
      const { seen } = await cell.ask(cell.url('/mirrored'), cell.upgrades ? {} : { method: 'POST', body: 'order' })
      assert.deepEqual([seen.server, seen.body], ['v1', cell.upgrades ? '' : 'order'])
      if (cell.upgrades) {
        // What was sent later has arrived.
        const marked = cell.bench.shadow.arrival(`${cell.run}-marked`)
        await (await cell.mesh.fetch(`http://catalog/mirrored?run=${cell.run}-marked`)).text()
        await marked
        assert.equal(cell.bench.shadow.count(cell.run), 0)
        return NOT_COPIED
      }
      const { request } = await copied
      assert.equal(request.method, seen.method)
      return WORKS
    },
  },
  {
    title: 'breaker',
    about: 'more requests at once than the cluster may have: 503',
    otherwise: REFUSED,
    async run(cell) {
      const gone = new AbortController()
      const held = cell.open(cell.url('/', { do: 'hold' }, 'narrow'), { signal: gone.signal })
      held.catch(() => {})
      const { left } = await cell.bench.v1.arrival(cell.run)
      try {
        const answer = await cell.open(cell.url('/', {}, 'narrow'))
        assert.deepEqual([answer.status, answer.headers?.['x-envoy-overloaded']], [503, 'true'])
        assert.match(await textOf(answer), /reset reason: overflow$/)
        return WORKS
      } finally {
        gone.abort()
        await left
      }
    },
  },
]
