import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerConfig } from '../bootstrap/bootstrap.js'

/** A way to a server that can swallow what is on it, as a network does that lost a machine: nothing is closed, nothing arrives. */
export class SilentWire {
  /** The server, by this way. */
  readonly config: ServerConfig
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>, config: ServerConfig) {
    this.#server = server
    this.#sockets = sockets
    this.config = config
  }

  static async to(target: ServerConfig): Promise<SilentWire> {
    const port = Number(target.uri.split(':').at(-1))
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      const onward = connect(port, '127.0.0.1')
      for (const end of [socket, onward]) {
        end.on('error', () => {})
        sockets.add(end)
      }
      socket.pipe(onward).pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const uri = `127.0.0.1:${(server.address() as AddressInfo).port}`
    return new SilentWire(server, sockets, { ...target, uri, target: `dns:///${uri}` })
  }

  /** Lets nothing through any more on the connections that there are; new ones work. */
  silence(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.resume()
    }
  }

  /** Ends every connection, and takes no new one. */
  cut(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
