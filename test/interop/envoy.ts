import { accessSync, constants, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { request } from 'undici'
import { eventually } from '../support/patience.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import type { ProtoJson } from './resources.js'

/** An Envoy binary: the one that `INMESH_ENVOY` names, else `envoy` on the PATH; undefined where there is none. */
export function findEnvoy(): string | undefined {
  const { INMESH_ENVOY: named, PATH: path = '' } = process.env
  const candidates = named ? [named] : path.split(delimiter).map((folder) => join(folder, 'envoy'))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Starts Envoy as a forward proxy on a port of loopback.
 *
 * @param scope - The test.
 * @param binary - What {@link findEnvoy} found.
 * @param routes - A RouteConfiguration for all that comes in.
 * @param clusters - The clusters that it names, with their endpoints.
 * @returns where it listens, `http://127.0.0.1:port`, once it answers.
 */
export async function startEnvoy(
  scope: TestScope,
  binary: string,
  routes: ProtoJson,
  clusters: readonly ProtoJson[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-envoy-'))
  scope.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'envoy.json')
  const port = await freePort()
  const types = 'type.googleapis.com/envoy.extensions.filters'
  const manager = {
    '@type': `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: routes,
    http_filters: [{ name: 'router', typed_config: { '@type': `${types}.http.router.v3.Router` } }],
  }
  const listener = {
    name: 'in',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  }
  writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters } }))
  const args = ['--config-path', file, '--concurrency', '1', '--log-level', 'warning', '--disable-hot-restart']
  const envoy = TestProcess.program(scope, binary, { args })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([
    eventually('Envoy listens', () => reachable(url), Boolean),
    envoy.exited.then(() => Promise.reject(new Error(`Envoy ended: ${envoy.output}`))),
  ])
  return url
}

async function reachable(url: string): Promise<boolean> {
  try {
    const { body } = await request(`${url}/nowhere`)
    await body.dump()
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
