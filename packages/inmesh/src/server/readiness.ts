import cluster from 'node:cluster'
import { EventEmitter } from 'node:events'
import { Server } from 'node:http'
import { MeshError } from '@inmesh/core'

/** Whether a mesh wants callers. */
export interface Readiness {
  /** Whether it does. */
  readonly ready: boolean
  /** Why it does not, a sentence without the final stop for each reason; empty when it does. */
  readonly reasons: readonly string[]
}

/** Who watches or captures the servers of a process by their prototype is not to take probes for requests to the application. */
class ProbeServer extends Server {
  /** @internal */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    return EventEmitter.prototype.emit.call(this, event, ...values)
  }
}

/** Tells whoever asks on a port of its own whether the mesh is ready: the readiness probe of a kubelet, which knows no mesh. */
export class ReadinessEndpoint {
  readonly #server: Server
  /** The workers of a cluster, which have meshes of their own, answer in its place. */
  readonly #leave = (): void => this.close()

  private constructor(server: Server) {
    this.#server = server
    if (cluster.isPrimary) cluster.once('fork', this.#leave)
  }

  /**
   * Listens on every address, as probes come from the node.
   *
   * @param port - The port.
   * @param readiness - Asked for each probe.
   * @throws MeshError ERR_INMESH_LISTEN with Node's error as cause.
   */
  static async open(port: number, readiness: () => Readiness): Promise<ReadinessEndpoint> {
    const server = new ProbeServer((request, response) => {
      const { url = '', method } = request
      const head = { 'content-type': 'text/plain', 'cache-control': 'no-store' }
      if (url !== '/ready' || (method !== 'GET' && method !== 'HEAD')) {
        response.writeHead(404, head).end()
        return
      }
      const { ready, reasons } = readiness()
      response.writeHead(ready ? 200 : 503, head).end(ready ? 'ready\n' : `${reasons.join('\n')}\n`)
    })
    const endpoint = new ReadinessEndpoint(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `cannot listen on port ${port} for readiness: ${cause.message}`
        endpoint.close()
        reject(new MeshError('ERR_INMESH_LISTEN', message, { cause, place: { field: 'readinessPort' } }))
      })
      server.listen(port, resolve)
    })
    // An application whose own servers have ended is over.
    server.unref()
    return endpoint
  }

  /** Stops listening. Probes from now on find nobody, and so not ready. */
  close(): void {
    cluster.off('fork', this.#leave)
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
