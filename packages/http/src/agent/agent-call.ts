import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Dispatcher, errors } from 'undici'
import type { MeshDispatchOptions } from '../client/call-options.js'
import { CallProgress } from '../client/call-progress.js'
import type { LegacyHandler, RawHeaders } from '../client/legacy-handler.js'
import type { AgentConnection, Cancellable } from './agent-connection.js'
import type { AgentDispatcher } from './agent-dispatcher.js'
import { requestHeaders } from './request-head.js'
import { RequestUpload, refuseTrailers } from './request-upload.js'
import { headerPairs, responseHead, responseHeaders } from './response-head.js'

type RequestBody = MeshDispatchOptions['body']

/** A request of node's client on its way through a dispatcher, and the response on its way back. */
export class AgentCall implements LegacyHandler, Cancellable {
  protected readonly connection: AgentConnection
  readonly #dispatcher: AgentDispatcher
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #upload: RequestUpload | undefined = undefined
  #abort: ((reason: Error) => void) | undefined = undefined
  /** Lets undici read on. */
  #resume: () => void = ignore
  /** Whether the client was told to send the body that it asked about. */
  #continued = false
  #over = false

  /**
   * @param dispatcher - Carries the request.
   * @param connection - The connection that it came over.
   * @param request - Its head, and its body as far as that has come.
   * @param response - Where the answer goes.
   */
  constructor(
    dispatcher: AgentDispatcher,
    connection: AgentConnection,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.connection = connection
    this.#dispatcher = dispatcher
    this.#request = request
    this.#response = response
    response.sendDate = false
    connection.call = this
  }

  /** Sends the request on. */
  begin(): void {
    const { headers } = this.#request
    const length = headers['content-length']
    if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) this.send(null, false)
    // Node's client writes head and body at once where it has both, but the parser tells of the head first.
    else process.nextTick(sendWithBody, this)
  }

  /** Sends the request on with its body: as it is where all of it is there, so that it can be sent again; else as it comes. */
  sendBody(): void {
    if (this.#over) return
    const request = this.#request
    if (!request.complete) {
      this.#upload = new RequestUpload(request, () => this.#continue())
      this.send(this.#upload, true)
      return
    }
    const refusal = refuseTrailers(request)
    const body = readWhole(request)
    if (refusal === undefined) this.send(body, body !== null)
    else this.onError(refusal)
  }

  cancel(reason: Error | undefined): void {
    if (this.#over) return
    this.end()
    this.#upload?.destroy()
    this.#abort?.(reason ?? new errors.RequestAbortedError())
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): void {
    this.#abort = abort
    const { caller } = this.connection
    if (caller !== undefined && context instanceof CallProgress) caller.progress = context
    // A dispatcher other than the mesh's only says this when it is about to write.
    if (this.#over) abort(new errors.RequestAbortedError())
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean {
    if (this.#over) return true
    const response = this.#response
    const { server } = this.connection
    if (status < 200) {
      server.write(responseHead(status, headers, statusText), 'latin1')
      return true
    }
    this.#resume = resume
    if (this.lasting) response.removeHeader('connection')
    response.writeHead(status, statusText, responseHeaders(status, headers))
    // The head goes out with what follows at once, and does not wait for what follows later.
    server.cork()
    process.nextTick(uncork, server)
    response.flushHeaders()
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.#over || this.#response.write(chunk)) return true
    this.#response.once('drain', this.#resume)
    return false
  }

  onComplete(trailers: RawHeaders): void {
    if (this.#over) return
    this.end()
    if (trailers.length > 0) this.#response.addTrailers(headerPairs(trailers))
    this.#response.end()
    this.#upload?.destroy()
  }

  onError(error: Error): void {
    if (this.#over) return
    this.end()
    this.#upload?.destroy()
    this.connection.fail(error)
  }

  /**
   * Hands the request to the dispatcher, in the context of the code that made it.
   *
   * @param body - Its body; null for none.
   * @param bodied - Whether there is one.
   * @param upgrade - The protocol that it asks for; null for none.
   */
  protected send(body: RequestBody, bodied: boolean, upgrade: string | null = null): void {
    const { caller, origin } = this.connection
    const request = this.#request
    const options: MeshDispatchOptions = {
      origin: origin.origin,
      path: request.url!,
      method: request.method as Dispatcher.HttpMethod,
      headers: requestHeaders(request, origin.authority, bodied),
      body,
      upgrade,
      mesh: caller?.mesh,
    }
    try {
      if (caller === undefined) this.#dispatch(options)
      else caller.runInAsyncScope(this.#dispatch, this, options)
    } catch (error) {
      this.onError(error as Error)
    }
  }

  /**
   * Whether the connection takes another request, so that its client need not be told otherwise. Node's server closes it where the client asked
   * whether to send a body and was not told to.
   */
  protected get lasting(): boolean {
    return this.#continued || this.#request.headers.expect === undefined
  }

  /** The call is over for the connection, whatever the dispatcher still tells. */
  protected end(): void {
    this.#over = true
    this.connection.call = undefined
  }

  /** Whether nobody waits for the call any more. */
  protected get over(): boolean {
    return this.#over
  }

  #dispatch(options: MeshDispatchOptions): void {
    // undici's types know legacy handlers, with narrower signatures than they have.
    this.#dispatcher.dispatch(options, this as unknown as Dispatcher.DispatchHandler)
  }

  /** The body is wanted: a client that asked first may begin (RFC 9110, 10.1.1). */
  #continue(): void {
    if (this.#request.headers.expect === undefined || this.#response.headersSent) return
    this.#continued = true
    this.#response.writeContinue()
  }
}

/** The body of a request that is complete; null where it is empty. */
function readWhole(request: IncomingMessage): Buffer | null {
  const first = request.read() as Buffer | null
  if (first === null) return null
  const second = request.read() as Buffer | null
  if (second === null) return first
  const chunks = [first]
  // Node 26 gives one chunk at a time, those before it all of them.
  for (let chunk: Buffer | null = second; chunk !== null; chunk = request.read() as Buffer | null) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function sendWithBody(call: AgentCall): void {
  call.sendBody()
}

function uncork(socket: { uncork(): void }): void {
  socket.uncork()
}

function ignore(): void {}
