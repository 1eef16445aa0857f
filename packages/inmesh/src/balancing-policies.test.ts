import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { BalancingPolicy, WeightedEndpoint } from '@inmesh/core'
import { openMesh } from './create-mesh.js'
import { meshDirectory } from './testing/mesh-directory.js'
import { RecordingLogger } from './testing/recording-logger.js'

const TYPES = 'type.googleapis.com'

/** Sends everything to the endpoint of the highest port, or of the lowest when told to. */
const byPort: BalancingPolicy = (config) => {
  const { lowest = false } = config as { lowest?: unknown }
  if (typeof lowest !== 'boolean') throw new Error('lowest must be true or false')
  return () => {
    let chosen: WeightedEndpoint | undefined
    return {
      update: (hosts) => {
        const sorted = [...hosts].sort((left, right) => left.endpoint.port - right.endpoint.port)
        chosen = lowest ? sorted[0] : sorted.at(-1)
      },
      pick: () => chosen?.endpoint,
    }
  }
}

function resources(name: string, ports: readonly number[], policies: readonly object[]): object[] {
  const manager = {
    '@type': `${TYPES}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    route_config: {
      name,
      virtual_hosts: [{ name, domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: name } }] }],
    },
    http_filters: [
      { name: 'router', typed_config: { '@type': `${TYPES}/envoy.extensions.filters.http.router.v3.Router` } },
    ],
  }
  return [
    { '@type': `${TYPES}/envoy.config.listener.v3.Listener`, name, api_listener: { api_listener: manager } },
    {
      '@type': `${TYPES}/envoy.config.cluster.v3.Cluster`,
      name,
      type: 'STATIC',
      load_assignment: {
        cluster_name: name,
        endpoints: [
          {
            lb_endpoints: ports.map((port) => ({
              endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
            })),
          },
        ],
      },
      load_balancing_policy: {
        policies: policies.map((config) => ({ typed_extension_config: { name: 'p', typed_config: config } })),
      },
    },
  ]
}

const struct = { '@type': `${TYPES}/xds.type.v3.TypedStruct`, type_url: 'types.example.com/shop.ByPort' }
const roundRobin = { '@type': `${TYPES}/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin` }

test('a policy of the application is chosen by its name, with what the control plane says of it', async (context) => {
  const ports: number[] = []
  for (let index = 0; index < 3; index++) {
    const server = createServer((request, response) => response.end(String(request.socket.localPort)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => {
      server.closeAllConnections()
      server.close()
    })
    ports.push((server.address() as AddressInfo).port)
  }
  const documents = [
    ...resources('high.shop:80', ports, [struct, roundRobin]),
    ...resources('low.shop:80', ports, [{ ...struct, value: { lowest: true } }, roundRobin]),
    ...resources('other.shop:80', ports, [{ ...struct, type_url: 'types.example.com/shop.Nobody' }, roundRobin]),
  ]
  const config = await meshDirectory(context, { 'shop.yaml': JSON.stringify({ resources: documents }) })
  const mesh = await openMesh({ config, logLevel: 'silent', balancingPolicies: { 'shop.ByPort': byPort } }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  const ask = async (host: string): Promise<number> => Number(await (await mesh.fetch(`http://${host}/`)).text())
  const answers = async (host: string): Promise<number[]> => [await ask(host), await ask(host), await ask(host)]
  assert.deepEqual(new Set(await answers('high.shop')), new Set([Math.max(...ports)]))
  assert.deepEqual(new Set(await answers('low.shop')), new Set([Math.min(...ports)]))
  assert.deepEqual(new Set(await answers('other.shop')), new Set(ports))
})

test('what a policy says against its configuration is told with the field, and costs its own cluster', async (context) => {
  const documents = resources('high.shop:80', [1], [{ ...struct, value: { lowest: 'no' } }, roundRobin])
  const config = await meshDirectory(context, { 'shop.yaml': JSON.stringify({ resources: documents }) })
  const logger = new RecordingLogger()
  const mesh = await openMesh({ config, logger, balancingPolicies: { 'shop.ByPort': byPort } }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  assert.equal((await mesh.fetch('http://high.shop/')).status, 503)
  const field = 'load_balancing_policy.policies[0].typed_extension_config.typed_config'
  const told = `CDS "high.shop:80": ${field}: policy shop.ByPort: lowest must be true or false`
  assert.ok(
    logger.lines.some((line) => line.startsWith('warn: ') && line.includes(told)),
    logger.lines.join('\n'),
  )
})
