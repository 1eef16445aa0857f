import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/** A directory of configuration with inbound listeners for the servers of this process. */
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
    // Written beside and moved over, so that no half of it is ever read.
    const file = join(this.path, `inbound-${port}.json`)
    await writeFile(`${file}.new`, JSON.stringify(listener))
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
