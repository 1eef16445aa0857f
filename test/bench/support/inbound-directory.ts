import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/** A directory of configuration: inbound listeners for the servers of this process, and services that it calls. */
export class InboundDirectory {
  /** Where it is. */
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes an empty one. */
  static async make(): Promise<InboundDirectory> {
    return new InboundDirectory(await mkdtemp(join(tmpdir(), 'inmesh-bench-')))
  }

  /**
   * Adds the listener of a port: two routes behind a fault filter that finds nothing to do, so that each request
   * passes a table of routes and a chain of filters.
   *
   * @param port - The port.
   */
  async add(port: number): Promise<void> {
    const serve = (prefix: string): object => ({ name: prefix, match: { prefix }, nonForwardingAction: {} })
    const manager = {
      '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
      httpFilters: [
        { name: 'fault', typedConfig: { '@type': `${TYPES}.http.fault.v3.HTTPFault`, ...NEVER } },
        { name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } },
      ],
      routeConfig: {
        name: 'inbound',
        virtualHosts: [{ name: 'inbound', domains: ['*'], routes: [serve('/orders/'), serve('/')] }],
      },
    }
    const listener = {
      '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
      name: `inmesh/inbound/0.0.0.0:${port}`,
      address: { socketAddress: { address: '0.0.0.0', portValue: port } },
      filterChains: [{ filters: [{ name: 'http', typedConfig: manager }] }],
    }
    await this.#write(`inbound-${port}.json`, listener)
  }

  /**
   * Waits until the listener of a port applies to new connections.
   *
   * @param port - The port.
   */
  async applied(port: number): Promise<void> {
    let status = 0
    while (status !== 503) {
      const headers = { 'x-break': 'yes', connection: 'close' }
      const response = await fetch(`http://127.0.0.1:${port}/books/7`, { headers })
      await response.text()
      status = response.status
    }
  }

  /**
   * Adds a service of one endpoint.
   *
   * @param host - Its name.
   * @param port - Port of the endpoint on 127.0.0.1.
   */
  async addService(host: string, port: number): Promise<void> {
    await this.#write(`${host}.yaml`, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'service', namespace: 'demo' },
      spec: {
        hosts: [host],
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
        ports: [{ name: 'http', number: 80, protocol: 'HTTP', targetPort: port }],
        endpoints: [{ address: '127.0.0.1' }],
      },
    })
  }

  async #write(name: string, document: object): Promise<void> {
    // Written beside and moved over, so that no half of it is ever read.
    const file = join(this.path, name)
    await writeFile(`${file}.new`, JSON.stringify(document))
    await rename(`${file}.new`, file)
  }

  /** Deletes it. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}

/** A fault for requests with a header that none of the benchmark's has. */
const NEVER = {
  abort: { httpStatus: 503, percentage: { numerator: 100 } },
  headers: [{ name: 'x-break', presentMatch: true }],
}
