import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { CheckResult, GrpcCheck, HealthProbe, ProbeTarget } from '@inmesh/core'
import { healthRequest, readsServing } from './grpc-health-messages.js'

/** What Envoy's checks call themselves. */
const USER_AGENT = 'Envoy/HC'

/** Asks an endpoint's `grpc.health.v1.Health` over HTTP/2 without TLS. One unary call needs no gRPC library. */
export class GrpcProbe implements HealthProbe {
  readonly #target: ProbeTarget
  readonly #check: GrpcCheck
  readonly #reuseConnection: boolean
  readonly #request: Buffer
  #session: ClientHttp2Session | undefined
  #stream: ClientHttp2Stream | undefined

  /**
   * @param target - Whom to ask.
   * @param check - What to ask.
   * @param reuseConnection - Whether the connection is kept from check to check.
   */
  constructor(target: ProbeTarget, check: GrpcCheck, reuseConnection: boolean) {
    this.#target = target
    this.#check = check
    this.#reuseConnection = reuseConnection
    this.#request = healthRequest(check.service)
  }

  check(done: (result: CheckResult) => void): void {
    const { hostname, cluster } = this.#target
    const stream = this.#connect().request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_AUTHORITY]: hostname || this.#check.authority || cluster,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': USER_AGENT,
      ...Object.fromEntries(this.#check.metadata),
    })
    this.#stream = stream
    let status: unknown
    let response = Buffer.alloc(0)
    stream.on('response', (headers) => {
      status = headers['grpc-status']
    })
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status']
    })
    stream.on('data', (chunk: Buffer) => {
      response = Buffer.concat([response, chunk])
    })
    // What matters is told by `close`, without which an error would end the process.
    stream.on('error', () => {})
    stream.on('close', () => {
      if (this.#stream !== stream) return
      this.#stream = undefined
      if (!this.#reuseConnection) this.stop()
      if (status === undefined) done('unreachable')
      else done(status === '0' && readsServing(response) ? 'healthy' : 'failed')
    })
    stream.end(this.#request)
  }

  stop(): void {
    const session = this.#session
    this.#session = undefined
    this.#stream = undefined
    session?.destroy()
  }

  #connect(): ClientHttp2Session {
    if (this.#session !== undefined) return this.#session
    const session = connect(`http://${this.#target.host}:${this.#target.port}`)
    this.#session = session
    session.unref()
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined
    }
    session.on('error', forget)
    session.on('goaway', forget)
    session.on('close', forget)
    return session
  }
}
