import assert from 'node:assert/strict'
import { type Cell, NOT_OFFERED, type Result, type Scenario, WORKS } from '../scenario.js'

/** Calls the catalog by each of the names, and finds the route of the path. */
async function known(cell: Cell, ...hosts: readonly string[]): Promise<Result> {
  for (const host of hosts) assert.equal((await cell.ask(cell.url('/v2', {}, host))).seen.server, 'v2', host)
  return WORKS
}

const FETCHES = ['mesh.fetch', 'mesh.service().fetch', 'fetch, installGlobal', 'fetch, dispatcher', 'undici 6 fetch']
const WEB_SOCKETS = ['undici WebSocket', 'WebSocket, installGlobal']

function of(carriers: readonly string[], result: Result): Record<string, Result> {
  return Object.fromEntries(carriers.map((name) => [name, result]))
}

/** How hosts are named. */
export const names: readonly Scenario[] = [
  {
    title: 'short names',
    about: '`catalog`, `catalog.shop`, `catalog.shop.svc` and the whole name are one service',
    otherwise: {},
    run: (cell) => known(cell, 'catalog', 'catalog.shop', 'catalog.shop.svc', 'catalog.shop.svc.cluster.local'),
  },
  {
    title: 'default port',
    about: 'a service without a port is the one at port 80',
    otherwise: {},
    run: (cell) => known(cell, 'catalog', 'catalog:80', 'catalog.shop.svc:80'),
  },
  {
    title: 'final dot',
    about: 'a whole name may end with one',
    otherwise: {},
    run: (cell) => known(cell, 'catalog.shop.svc.cluster.local.', 'catalog.shop.svc.cluster.local.:80'),
  },
  {
    title: 'capital letters',
    about: 'are of no account',
    otherwise: {},
    run: (cell) => known(cell, 'Catalog', 'CATALOG.shop.SVC'),
  },
  {
    title: 'addresses',
    about: 'of IPv4 and IPv6 are called past the mesh',
    otherwise: {},
    async run(cell) {
      const { v1, six } = cell.bench
      for (const [host, server] of [
        [`127.0.0.1:${v1.port}`, 'v1'],
        [`[::1]:${six.port}`, 'six'],
      ] as const) {
        const { answer, seen } = await cell.ask(cell.url('/v2', {}, host))
        assert.deepEqual([seen.server, seen.headers.host], [server, host])
        if (answer.handle !== undefined) assert.equal(cell.mesh.outcome(answer.handle)?.cluster ?? '', '')
      }
      return WORKS
    },
  },
  {
    title: 'user and password',
    about: 'in a URL become a header `authorization` where the client does that',
    otherwise: {
      ...of(FETCHES, 'TypeError'),
      ...of(['undici request', 'undici stream', 'undici pipeline', 'undici 6 request', 'undici upgrade'], NOT_OFFERED),
      ...of(['undici connect', ...WEB_SOCKETS], NOT_OFFERED),
    },
    async run(cell) {
      const { seen } = await cell.ask(cell.url('/plain', {}, 'user:word@catalog'))
      const { authorization } = seen.headers
      if (authorization === undefined) return NOT_OFFERED
      assert.equal(authorization, `Basic ${Buffer.from('user:word').toString('base64')}`)
      return WORKS
    },
  },
  {
    title: 'header `host`',
    about: 'says which virtual host is meant, as behind a sidecar, and reaches the server',
    otherwise: of([...FETCHES, ...WEB_SOCKETS], NOT_OFFERED),
    async run(cell) {
      const { seen } = await cell.ask(cell.url('/v2'), { headers: { host: 'catalog.shop' } })
      assert.equal(seen.server, 'v2')
      if (seen.headers.host === 'catalog') return NOT_OFFERED
      assert.equal(seen.headers.host, 'catalog.shop')
      // One that no virtual host of the service is for is answered as by a sidecar, and goes nowhere.
      const other = await cell
        .open(cell.url('/plain'), { headers: { host: 'elsewhere.test' } })
        .catch((error: Error) => error)
      assert.equal(cell.mesh.outcome(other instanceof Error ? other : other.handle!)?.flags, 'NR')
      return WORKS
    },
  },
]
