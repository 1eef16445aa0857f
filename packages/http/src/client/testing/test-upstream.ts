import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { TestContext } from 'node:test'

/** A real HTTP server on a free loopback port. */
export class TestUpstream {
  readonly port: number
  readonly server: Server
  /** Requests whose head arrived. */
  readonly requests: IncomingMessage[] = []
  readonly #events = new EventEmitter()

  private constructor(server: Server) {
    this.server = server
    this.port = (server.address() as AddressInfo).port
    server.prependListener('request', (request: IncomingMessage) => {
      this.requests.push(request)
      this.#events.emit('request')
    })
  }

  /** Starts one that ends with the test. By default it answers 200 with its own port as body. */
  static async start(context: TestContext, listener?: RequestListener): Promise<TestUpstream> {
    const server = createServer(listener ?? answerPort)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => {
      server.closeAllConnections()
      server.close()
    })
    return new TestUpstream(server)
  }

  /** Waits until a number of requests have arrived in all. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#events, 'request')
  }
}

function answerPort(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.end(String(request.socket.localPort))
}

/** @returns a loopback port where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until the client's connection is gone. */
export async function hungUp(request: IncomingMessage): Promise<void> {
  const { socket } = request
  // A reset is a way of hanging up.
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
}

/** Reads a request's body to its end. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
