import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { type Dispatcher, errors } from 'undici'
import type { Attempt } from '../attempt.js'
import { isIdempotent } from '../idempotent-methods.js'
import type { RawHeaders } from '../legacy-handler.js'
import { isReplayable } from '../request-body.js'
import { BodyWriter } from './body-writer.js'
import { outgoingBody } from './outgoing-body.js'
import { RequestHead, type RequestOrigin } from './request-head.js'
import { rawHeaders } from './response-head.js'
import { isRefusal, RefusedStreamError } from './stream-errors.js'
import { Tunnel } from './tunnel.js'

const { NGHTTP2_CANCEL } = constants

/** Responses that have a length but no body (RFC 9110, 8.6). */
const NOT_MODIFIED = 304

/** What a request knows of its connection. */
export interface ExchangeConnection {
  /** The session. */
  readonly session: ClientHttp2Session
  /** What its requests have in common. */
  readonly origin: RequestOrigin
  /** Bytes that arrived on it. */
  readonly bytesRead: number
  /** Whether a request was answered on it before. */
  readonly proven: boolean
  /** Whether it takes no more streams, by whoever's will. */
  readonly ending: boolean
  /** Whether it is closed. */
  readonly lost: boolean
  /** The last stream that the server may have acted on; `Infinity` while it goes on. */
  readonly lastStream: number
  /** A response began. */
  answered(): void
  /** The stream is gone. */
  freed(): void
  /** A request was given up before anything arrived. */
  silent(): void
  /**
   * Sends a request again, that no server acted on or that does no harm twice.
   *
   * @returns whether it does.
   */
  resend(options: Dispatcher.DispatchOptions, attempt: Attempt): boolean
}

/** Whose stream it is. A property of the stream spares each request a closure per event. */
const EXCHANGE = Symbol('exchange')

type ExchangeStream = ClientHttp2Stream & { [EXCHANGE]: Http2Exchange }

/** One attempt over one stream. */
export class Http2Exchange {
  readonly #connection: ExchangeConnection
  readonly #options: Dispatcher.DispatchOptions
  readonly #attempt: Attempt
  #stream: ClientHttp2Stream | undefined = undefined
  #body: BodyWriter | undefined = undefined
  #tunnel: Tunnel | undefined = undefined
  /** Told of its end already. */
  #done = false
  #answered = false
  #bytesBefore = 0
  /** Length of the response, where its head says it. */
  #expected = -1
  #received = 0
  #trailers: RawHeaders = []

  /**
   * @param connection - Its connection, which has room.
   * @param options - The request.
   * @param attempt - Told of everything.
   */
  constructor(connection: ExchangeConnection, options: Dispatcher.DispatchOptions, attempt: Attempt) {
    this.#connection = connection
    this.#options = options
    this.#attempt = attempt
  }

  /**
   * Sends the request.
   *
   * @returns whether it takes up a stream.
   */
  begin(): boolean {
    const connection = this.#connection
    const { session } = connection
    const options = this.#options
    const attempt = this.#attempt
    let stream: ClientHttp2Stream
    try {
      const head = new RequestHead(options, connection.origin)
      this.#tunnel = Tunnel.of(options, head, session.remoteSettings.enableConnectProtocol === true)
      const body = outgoingBody(this.#tunnel === undefined ? options.body : undefined)
      const none = body.kind === 'none' && this.#tunnel === undefined
      const length = none
        ? 0
        : body.kind === 'bytes'
          ? body.bytes.length
          : body.kind === 'pieces'
            ? body.length
            : undefined
      if (this.#tunnel === undefined) head.describeBody(length, body.kind === 'pieces' ? body.type : undefined)
      attempt.onConnect(this.#abort)
      if (this.#done) return false
      this.#bytesBefore = connection.bytesRead
      stream = session.request(head.fields, { endStream: none })
      this.#open(stream, new BodyWriter(stream, head.contentLength ?? length, this, this.#abort))
      if (this.#tunnel === undefined) this.#body!.write(body)
    } catch (error) {
      this.#refused(error as Error)
      return this.#stream !== undefined
    }
    return true
  }

  onBodySent(chunk: unknown): void {
    this.#attempt.onBodySent(chunk)
  }

  onRequestSent(): void {
    this.#attempt.onRequestSent()
  }

  #open(stream: ClientHttp2Stream, body: BodyWriter): void {
    this.#stream = stream
    this.#body = body
    ;(stream as ExchangeStream)[EXCHANGE] = this
    stream.on('headers', onInformed)
    stream.on('response', onResponse)
    stream.on('trailers', onTrailers)
    stream.on('end', onEnd)
    stream.on('error', onError)
    stream.on('close', onClose)
  }

  /** The request could not be sent. */
  #refused(error: Error): void {
    const { code } = error as NodeJS.ErrnoException
    if (this.#done) return
    if (this.#stream !== undefined) {
      this.#abort(error)
    } else if (code === 'ERR_HTTP2_GOAWAY_SESSION' || code === 'ERR_HTTP2_INVALID_SESSION') {
      this.failed(new RefusedStreamError('the connection closed before the request was sent'))
    } else {
      this.#done = true
      const known = error instanceof errors.UndiciError || code?.startsWith('ERR_INMESH_') === true
      this.#attempt.onError(
        known ? error : Object.assign(new errors.InvalidArgumentError(error.message), { cause: error }),
      )
    }
  }

  /** An informational response. */
  informed(headers: IncomingHttpHeaders): void {
    const status = Number(headers[':status'])
    if (!this.#done && status < 200) this.#tell(() => this.#attempt.onHeaders(status, rawHeaders(headers), nothing, ''))
  }

  /** The head of the response. */
  responded(headers: IncomingHttpHeaders & { ':status'?: number }): void {
    if (this.#done) return
    const stream = this.#stream!
    const attempt = this.#attempt
    const status = Number(headers[':status'])
    this.#answered = true
    this.#connection.answered()
    try {
      attempt.onResponseStarted()
      const raw = rawHeaders(headers)
      if (this.#tunnel?.openedBy(status)) {
        this.#done = true
        const tunnel = this.#tunnel
        attempt.onUpgrade(tunnel.statusOf(status), tunnel.headersOf(raw), tunnel.connectionOf(stream))
        return
      }
      const length = headers['content-length']
      if (length !== undefined && this.#options.method !== 'HEAD' && status !== NOT_MODIFIED) {
        this.#expected = Number(length)
      }
      const paused = attempt.onHeaders(status, raw, () => stream.resume(), '') === false
      if (this.#done) return
      stream.on('data', onData)
      if (paused) stream.pause()
    } catch (error) {
      this.#abort(error as Error)
    }
  }

  /** A part of its body. */
  received(chunk: Buffer): void {
    if (this.#done) return
    this.#received += chunk.length
    try {
      if (this.#attempt.onData(chunk) === false) this.#stream!.pause()
    } catch (error) {
      this.#abort(error as Error)
    }
  }

  /** Its trailers. */
  trailed(headers: IncomingHttpHeaders): void {
    this.#trailers = rawHeaders(headers)
  }

  /** All of it was read. */
  ended(): void {
    // Where there was no response, the end of the stream is told next.
    if (this.#done || !this.#answered) return
    // nghttp2 sees to this as well, but not where the server gives the stream up without a word.
    if (this.#expected >= 0 && this.#expected !== this.#received) {
      this.failed(new errors.ResponseContentLengthMismatchError())
      return
    }
    this.#done = true
    const stream = this.#stream!
    this.#body!.stop()
    // RFC 9113, 8.1: a server may answer without having read all, and reads no more then.
    if (!stream.writableFinished) stream.close(NGHTTP2_CANCEL)
    try {
      this.#attempt.onComplete(this.#trailers)
    } catch (error) {
      this.#attempt.onError(error as Error)
    }
  }

  /** The stream is gone. */
  closed(): void {
    this.failed(undefined)
    this.#connection.freed()
  }

  /** It ended before the response was complete. */
  failed(error: Error | undefined): void {
    if (this.#done) return
    this.#done = true
    this.#body?.stop()
    const options = this.#options
    const unprocessed = this.#unprocessed(error)
    const harmless = unprocessed || this.#harmless(options)
    if (harmless && isReplayable(options.body) && this.#connection.resend(options, this.#attempt)) return
    this.#attempt.onError(unprocessed ? new RefusedStreamError(reasonOf(error)) : (error ?? broken(this.#stream)))
  }

  /** Whether the server told that it did not act on the request, as it closes the connection (RFC 9113, 6.8). */
  #unprocessed(error: Error | undefined): boolean {
    if (this.#answered) return false
    if (error instanceof RefusedStreamError) return true
    const { lastStream, ending } = this.#connection
    return (this.#stream?.id ?? Number.POSITIVE_INFINITY) > lastStream || (ending && isRefusal(error))
  }

  /**
   * Whether the connection was closed before anything arrived, as happens when a server closes it for having been idle, and the request may
   * be carried out twice. Once only.
   */
  #harmless(options: Dispatcher.DispatchOptions): boolean {
    const connection = this.#connection
    const attempt = this.#attempt
    if (this.#answered || attempt.repeated || !connection.lost || !connection.proven) return false
    if (connection.bytesRead !== this.#bytesBefore || !isIdempotent(options)) return false
    attempt.repeated = true
    return true
  }

  #tell(event: () => unknown): void {
    try {
      event()
    } catch (error) {
      this.#abort(error as Error)
    }
  }

  readonly #abort = (reason?: Error): void => {
    if (this.#done) return
    this.#done = true
    const stream = this.#stream
    this.#body?.stop()
    stream?.close(NGHTTP2_CANCEL)
    if (stream !== undefined && !this.#answered && this.#connection.bytesRead === this.#bytesBefore) {
      this.#connection.silent()
    }
    this.#attempt.onError(reason ?? new errors.RequestAbortedError())
  }
}

function onInformed(this: ExchangeStream, headers: IncomingHttpHeaders): void {
  this[EXCHANGE].informed(headers)
}

function onResponse(this: ExchangeStream, headers: IncomingHttpHeaders): void {
  this[EXCHANGE].responded(headers)
}

function onData(this: ExchangeStream, chunk: Buffer): void {
  this[EXCHANGE].received(chunk)
}

function onTrailers(this: ExchangeStream, headers: IncomingHttpHeaders): void {
  this[EXCHANGE].trailed(headers)
}

function onEnd(this: ExchangeStream): void {
  this[EXCHANGE].ended()
}

function onError(this: ExchangeStream, error: Error): void {
  this[EXCHANGE].failed(error)
}

function onClose(this: ExchangeStream): void {
  this[EXCHANGE].closed()
}

function nothing(): void {}

function reasonOf(error: Error | undefined): string {
  return error?.message ?? 'the server closed the connection before it came to the request'
}

/** What is known of a stream that was closed without an error. */
function broken(stream: ClientHttp2Stream | undefined): Error {
  const code = stream?.rstCode
  return new errors.SocketError(
    code === undefined || code === constants.NGHTTP2_NO_ERROR || code === NGHTTP2_CANCEL
      ? 'other side closed'
      : `the stream was reset with code ${code}`,
  )
}
