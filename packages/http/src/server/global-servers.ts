import { EventEmitter } from 'node:events'
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { CapturedServer, type CapturedServerOptions, type Proceed } from './captured-server.js'
import { MeshServer } from './mesh-server.js'

/** What servers are captured for. */
export interface ServerCapture extends CapturedServerOptions {
  /** Ports whose servers are captured; undefined for those of every port. */
  readonly ports: ReadonlySet<number> | undefined
  /**
   * A server is captured.
   *
   * @param server - It; about to tell that it listens.
   */
  captured(server: HttpServer): void
}

type Emit = (event: string | symbol, ...values: unknown[]) => boolean
type Close = (callback?: (error?: Error) => void) => HttpServer

interface ServerPrototype {
  emit: Emit
  close: Close
}

type MarkedServer = HttpServer & { [key: symbol]: CapturedServer | undefined }

/**
 * Takes the requests of every server of node:http and node:https that begins to listen from now on into a mesh, Express, Koa and Fastify on top of
 * them included. The prototypes of the servers are the one place that all of them share, however they are made and imported; nothing of node's
 * servers is touched but here. Servers of the mesh see to their requests themselves.
 *
 * @param capture - The mesh.
 * @returns what undoes it. Where somebody else changed a prototype meanwhile, that stays, and events go as they went before.
 */
export function captureServers(capture: ServerCapture): () => void {
  // Another mesh may capture the same servers.
  const key = Symbol('inmesh.captured')
  const undo = [HttpServer.prototype, HttpsServer.prototype].map((prototype) =>
    capturePrototype(prototype as unknown as ServerPrototype, capture, key),
  )
  return () => {
    for (const each of undo) each()
  }
}

function capturePrototype(prototype: ServerPrototype, capture: ServerCapture, key: symbol): () => void {
  const previous = { emit: prototype.emit, close: prototype.close }
  const inherited = !Object.hasOwn(prototype, 'emit')
  let current: ServerCapture | undefined = capture
  const emit: Emit = function (this: MarkedServer, event, ...values) {
    const proceed: Proceed = () => previous.emit.call(this, event, ...values)
    if (current === undefined) return proceed()
    if (event === 'listening') begin(this, current, key)
    const captured = this[key]
    return captured === undefined ? proceed() : tell(captured, this, event, values, proceed)
  }
  const close: Close = function (this: MarkedServer, callback) {
    if (current !== undefined && this.listening) this[key]?.closing()
    return previous.close.call(this, callback)
  }
  Object.assign(prototype, { emit, close })
  return () => {
    current = undefined
    if (prototype.close === close) prototype.close = previous.close
    if (prototype.emit !== emit) return
    if (inherited) delete (prototype as Partial<ServerPrototype>).emit
    else prototype.emit = previous.emit
  }
}

function begin(server: MarkedServer, capture: ServerCapture, key: symbol): void {
  if (server instanceof MeshServer) return
  const { port } = (server.address() ?? {}) as Partial<AddressInfo>
  if (capture.ports !== undefined && (port === undefined || !capture.ports.has(port))) {
    server[key] = undefined
    return
  }
  if (server[key] === undefined) {
    server[key] = new CapturedServer(server, capture)
    capture.captured(server)
  }
  server[key].listening()
}

function tell(
  captured: CapturedServer,
  server: MarkedServer,
  event: string | symbol,
  values: readonly unknown[],
  proceed: Proceed,
): boolean {
  switch (event) {
    case 'connection':
      // Of TLS, what comes when its handshake is over.
      return server instanceof HttpsServer ? proceed() : captured.connection(values[0] as Socket, proceed)
    case 'secureConnection':
      return captured.connection(values[0] as Socket, proceed)
    case 'request':
    case 'checkContinue':
    case 'checkExpectation':
      // Node asks itself whether anybody listens, but for the first.
      if (event !== 'request' && server.listenerCount(event) === 0) return proceed()
      // Tools that watch servers do it by their own `emit` in `http.Server`, and would make a second span.
      return captured.request(values[0] as IncomingMessage, values[1] as ServerResponse, (spanned) =>
        spanned ? EventEmitter.prototype.emit.call(server, event, ...values) : proceed(),
      )
    case 'upgrade':
    case 'connect':
      return captured.tunnel(values[0] as IncomingMessage, values[1] as Socket, proceed)
    case 'close':
      captured.closed()
      return proceed()
    default:
      return proceed()
  }
}
