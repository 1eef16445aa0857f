import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { TestContext } from 'node:test'
import { type ContextStore, type RequestContext, SeededRandom, SimulatedClock } from '@inmesh/core'
import { Inbound } from '../inbound.js'
import { listen } from '../listen.js'
import { MeshServer, type ServerHandler } from '../mesh-server.js'
import type { ServerObserver } from '../observed-server.js'
import { TrustedNetworks } from '../trusted-networks.js'

/** A context store as the mesh has one, for tests of this package. */
export class TestContexts implements ContextStore {
  readonly #storage = new AsyncLocalStorage<RequestContext | undefined>()

  current(): RequestContext | undefined {
    return this.#storage.getStore()?.inForce
  }

  run<T>(context: RequestContext | undefined, callback: () => T): T {
    return this.#storage.run(context, callback)
  }
}

/** A server on a free loopback port and what it is made of. */
export interface ServerFixture {
  readonly server: MeshServer
  readonly port: number
  readonly clock: SimulatedClock
  readonly contexts: TestContexts
}

export async function serve(
  context: TestContext,
  handler: (fixture: Omit<ServerFixture, 'server' | 'port'>) => ServerHandler,
  parts: { trusted?: readonly string[]; passive?: boolean; observer?: ServerObserver; http2?: boolean } = {},
): Promise<ServerFixture> {
  const clock = new SimulatedClock()
  const contexts = new TestContexts()
  const trusted = parts.passive ? undefined : new TrustedNetworks(parts.trusted)
  const inbound = new Inbound({ clock, random: new SeededRandom(1), contexts, trusted })
  const observer = parts.observer === undefined ? {} : { observer: parts.observer }
  const server = new MeshServer(
    { inbound, clock, ...observer, ...(parts.http2 && { http2: {} }) },
    handler({ clock, contexts }),
  )
  await listen(server, { port: 0, host: '127.0.0.1' })
  // A test that fails half-way must not leave the run hanging.
  context.after(() => {
    const drained = server.drain({ timeoutMs: 0 })
    clock.advance(0)
    return drained
  })
  return { server, port: server.boundAddress!.port, clock, contexts }
}

/** A server that does not listen. */
export function bare(): MeshServer {
  const clock = new SimulatedClock()
  const random = new SeededRandom(1)
  return new MeshServer({
    inbound: new Inbound({ clock, random, contexts: new TestContexts(), trusted: undefined }),
    clock,
  })
}

/** An agent that keeps one connection alive. */
export function keptConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 })
}

/** A response that was read to its end. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export function send(port: number, options: RequestOptions = {}, body = ''): Promise<Reply> {
  return start(port, options, body).reply
}

/** Sends a request and gives it together with its reply. */
export function start(
  port: number,
  options: RequestOptions = {},
  body = '',
): { call: ClientRequest; reply: Promise<Reply> } {
  const call = request({ host: '127.0.0.1', port, ...options })
  const reply = new Promise<Reply>((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }))
    })
  })
  call.end(body)
  return { call, reply }
}

/** A promise with its handle. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
