import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { createMesh } from 'inmesh'
import { type Dispatcher, Pool } from 'undici'
import { suiteScope } from '../support/suite-scope.js'
import type { TestScope } from '../support/test-process.js'
import { findEnvoy, startEnvoy } from './envoy.js'
import { listener, type ProtoJson } from './resources.js'

const HOST = 'placement.interop'
const ENDPOINTS = 12
const REQUESTS = 1000
const CONCURRENCY = 16

/** What a cluster of the comparison is made of, and what its routes hash. */
interface Placement {
  readonly balancing: ProtoJson
  /** Of each endpoint, by its index. */
  readonly endpoint?: (index: number) => ProtoJson
  readonly hashPolicy?: readonly ProtoJson[]
}

const byKey = [{ header: { header_name: 'x-key' } }]
const policies = 'type.googleapis.com/envoy.extensions.load_balancing_policies'
const weighted = (index: number): ProtoJson => ({ load_balancing_weight: 1 + ((index * 7) % 5) })

function typed(name: string, config: ProtoJson): ProtoJson {
  const policy = { typed_extension_config: { name: 'p', typed_config: { '@type': `${policies}.${name}`, ...config } } }
  return { load_balancing_policy: { policies: [policy] } }
}

const placements: Readonly<Record<string, Placement>> = {
  ring: { balancing: { lb_policy: 'RING_HASH' } },
  'ring-sized': {
    balancing: { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: 100, maximum_ring_size: 777 } },
    endpoint: weighted,
  },
  'ring-murmur': {
    balancing: { lb_policy: 'RING_HASH', ring_hash_lb_config: { hash_function: 'MURMUR_HASH_2' } },
    endpoint: weighted,
  },
  'ring-keyed': {
    balancing: typed('ring_hash.v3.RingHash', { minimum_ring_size: 512 }),
    endpoint: (index) => ({ metadata: { filter_metadata: { 'envoy.lb': { hash_key: `größe-${index}` } } } }),
  },
  maglev: { balancing: { lb_policy: 'MAGLEV' } },
  'maglev-weighted': {
    balancing: { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 1021 } },
    endpoint: weighted,
  },
  'maglev-keyed': {
    balancing: typed('maglev.v3.Maglev', { consistent_hashing_lb_config: { hash_balance_factor: 100_000 } }),
    endpoint: (index) => ({ metadata: { filter_metadata: { 'envoy.lb': { hash_key: `shop-${index}` } } } }),
  },
  combined: {
    balancing: { lb_policy: 'RING_HASH' },
    hashPolicy: [
      {
        header: {
          header_name: 'x-key',
          regex_rewrite: { pattern: { regex: 'key-([0-9])([0-9]*)' }, substitution: '\\2/\\1' },
        },
      },
      { query_parameter: { name: 'q' } },
      { header: { header_name: 'x-none' }, terminal: true },
      { cookie: { name: 'c' } },
      { header: { header_name: ':path' } },
    ],
  },
  'policy-of-the-balancer': {
    balancing: typed('ring_hash.v3.RingHash', {
      consistent_hashing_lb_config: { hash_policy: [{ header: { header_name: 'x-other' } }] },
    }),
  },
}

/** Servers on loopback, each of which answers with its port. */
async function startServers(scope: TestScope): Promise<readonly number[]> {
  const servers = Array.from({ length: ENDPOINTS }, () =>
    createServer((request, response) => response.end(String(request.socket.localPort))),
  )
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    scope.after(async () => {
      server.closeAllConnections()
      server.close()
    })
  }
  return servers.map((server) => (server.address() as AddressInfo).port)
}

function cluster(name: string, { balancing, endpoint }: Placement, ports: readonly number[]): ProtoJson {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: ports.map((port, index) => ({
            endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
            ...endpoint?.(index),
          })),
        },
      ],
    },
    ...balancing,
  }
}

function routeConfiguration(): ProtoJson {
  const routes = Object.entries(placements).map(([name, { hashPolicy }]) => ({
    match: { path: `/${name}` },
    route: { cluster: name, hash_policy: hashPolicy ?? byKey },
  }))
  return { name: `${HOST}:80`, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] }
}

/** Serves the mesh the same messages as Envoy, from a file. */
async function openMesh(scope: TestScope, routes: ProtoJson, clusters: readonly ProtoJson[]): Promise<Dispatcher> {
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-placement-'))
  scope.after(() => rm(folder, { recursive: true, force: true }))
  const types = 'type.googleapis.com/envoy.config'
  const resources = [
    listener(`${HOST}:80`),
    { '@type': `${types}.route.v3.RouteConfiguration`, ...routes },
    ...clusters.map((one) => ({ '@type': `${types}.cluster.v3.Cluster`, ...one })),
  ]
  await writeFile(join(folder, 'placement.yaml'), JSON.stringify({ resources }))
  const mesh = await createMesh({ config: folder, logLevel: 'error' })
  scope.after(() => mesh.close())
  return mesh.dispatcher()
}

/** Sends the requests of a comparison. */
async function placesOf(origin: string, dispatcher: Dispatcher, name: string): Promise<readonly string[]> {
  const places: string[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < REQUESTS) {
      const index = next++
      const headers = { 'x-key': `key-${index}`, 'x-other': `other-${index % 97}`, cookie: `a=b; c=v${index % 13}` }
      const { statusCode, body } = await dispatcher.request({
        origin,
        path: `/${name}?q=${index % 31}`,
        method: 'GET',
        headers,
      })
      places[index] = `${statusCode} ${await body.text()}`
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, caller))
  return places
}

const binary = findEnvoy()
const missing = 'no Envoy: set INMESH_ENVOY or put envoy on the PATH; placement was not compared'

describe('placement of requests by their hash, compared with Envoy', { skip: binary === undefined && missing }, () => {
  const suite = suiteScope()
  let envoyOrigin = ''
  let envoy: Dispatcher
  let mesh: Dispatcher
  before(async () => {
    const ports = await startServers(suite)
    const clusters = Object.entries(placements).map(([name, placement]) => cluster(name, placement, ports))
    const routes = routeConfiguration()
    envoyOrigin = await startEnvoy(suite, binary!, routes, clusters)
    envoy = new Pool(envoyOrigin, { connections: CONCURRENCY })
    suite.after(() => envoy.close())
    mesh = await openMesh(suite, routes, clusters)
  })

  for (const name of Object.keys(placements)) {
    it(`${name}: each of ${REQUESTS} requests goes where Envoy sends it`, async () => {
      const theirs = await placesOf(envoyOrigin, envoy, name)
      const ours = await placesOf(`http://${HOST}`, mesh, name)
      const apart = theirs.flatMap((place, index) =>
        place === ours[index] ? [] : [`${index}: ${place} ${ours[index]}`],
      )
      assert.deepEqual(apart.slice(0, 5), [], `${apart.length} of ${REQUESTS} went elsewhere`)
      assert.ok(new Set(theirs).size > 5, 'requests are spread')
      assert.ok(theirs.every((place) => place.startsWith('200 ')))
    })
  }
})
