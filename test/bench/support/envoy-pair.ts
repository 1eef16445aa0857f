import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/** Microseconds in which Linux counts the time of a process: a hundredth of a second. */
const TICK = 10_000

/** Two Envoys, one beside the caller and one beside the service, with a static configuration: what a mesh of sidecars puts between them. */
export class EnvoyPair {
  /** Port on 127.0.0.1 to call the service by. */
  readonly port: number
  readonly #folder: string
  readonly #envoys: readonly ChildProcess[]

  private constructor(port: number, folder: string, envoys: readonly ChildProcess[]) {
    this.port = port
    this.#folder = folder
    this.#envoys = envoys
  }

  /**
   * Starts them, and waits until they carry a request.
   *
   * @param binary - Envoy's.
   * @param port - Port of the service on 127.0.0.1.
   */
  static async start(binary: string, port: number): Promise<EnvoyPair> {
    const folder = await mkdtemp(join(tmpdir(), 'inmesh-bench-'))
    const [client, server] = await freePorts()
    const envoys: ChildProcess[] = []
    for (const [listen, upstream] of [
      [client, server],
      [server, port],
    ] as const) {
      const file = join(folder, `${listen}.json`)
      await writeFile(file, JSON.stringify(configuration(listen, upstream)))
      // As many threads as a sidecar of Istio has.
      const options = ['-c', file, '--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'off']
      envoys.push(spawn(binary, options, { stdio: 'ignore' }))
    }
    const pair = new EnvoyPair(client, folder, envoys)
    await pair.#ready()
    return pair
  }

  /** CPU time of both so far, in microseconds. */
  async cpu(): Promise<number> {
    const times = await Promise.all(
      this.#envoys.map(async ({ pid }) => {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
        // The name, which may hold blanks, stands in parentheses; user and system time are the 12th and 13th after it.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return (Number(fields[11]) + Number(fields[12])) * TICK
      }),
    )
    return times.reduce((sum, time) => sum + time, 0)
  }

  /** Ends both. */
  async stop(): Promise<void> {
    for (const envoy of this.#envoys) {
      const exit = once(envoy, 'exit')
      envoy.kill()
      await exit
    }
    await rm(this.#folder, { recursive: true })
  }

  async #ready(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const answered = await fetch(`http://127.0.0.1:${this.port}/books/7`).then(
        async (response) => (await response.text()) !== '' && response.ok,
        () => false,
      )
      if (answered) return
      await wait(50)
    }
    throw new Error('the pair of Envoys carries no request')
  }
}

/** A listener whose routes all lead to one cluster of one endpoint, with the retries that Istio gives by default. */
function configuration(listen: number, upstream: number): object {
  const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })
  const manager = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'http',
    http_filters: [{ name: 'router', typed_config: { '@type': `${TYPES}.http.router.v3.Router` } }],
    route_config: {
      name: 'routes',
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            {
              match: { prefix: '/' },
              route: {
                cluster: 'service',
                timeout: '0s',
                retry_policy: { retry_on: 'connect-failure,refused-stream,unavailable,cancelled', num_retries: 2 },
              },
            },
          ],
        },
      ],
    },
  }
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(upstream) } }] }]
  return {
    static_resources: {
      listeners: [
        {
          name: 'listener',
          address: address(listen),
          filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name: 'service',
          type: 'STATIC',
          connect_timeout: '1s',
          load_assignment: { cluster_name: 'service', endpoints },
        },
      ],
    },
  }
}

/** Two ports that nobody has just now. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.push((server.address() as { port: number }).port)
  }
  for (const server of servers) server.close()
  return ports as [number, number]
}
