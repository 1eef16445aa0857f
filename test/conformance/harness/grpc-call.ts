import * as grpc from '@grpc/grpc-js'
import {
  Call,
  type DataPlane,
  type Endpoint,
  type LocalReply,
  NO_RETRY,
  type RequestView,
  type Target,
  type Verdict,
} from '@inmesh/core'
import type { GrpcCarrier } from './grpc-carrier.js'
import { method } from './grpc-method.js'

/** What became of a call. */
export interface GrpcResult {
  /** gRPC status. */
  readonly code: number
  readonly details: string
  /** Who answered; null when the mesh did. */
  readonly server: string | null
  readonly attempts: number
  /** Which authority the server saw; null when the mesh answered. */
  readonly authority: string | null
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}

/** One unary call, from the route to its last attempt, by gRPC's rules. */
export class GrpcCall {
  readonly #call: Call
  readonly #plane: DataPlane
  readonly #carrier: GrpcCarrier
  readonly #headers: Readonly<Record<string, string>>
  readonly #ended: (result: GrpcResult) => void
  #over = false
  #authority: string | null = null

  constructor(
    plane: DataPlane,
    carrier: GrpcCarrier,
    target: Target,
    request: { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly deadlineMs: number },
    ended: (result: GrpcResult) => void,
  ) {
    const { path, headers, deadlineMs } = request
    const view: RequestView = {
      view: 'grpc',
      method: 'POST',
      path,
      authority: target.name.replace(/:80$/, ''),
      // What of a call's metadata is visible (gRFC A28).
      header: (name) =>
        name === 'content-type' ? 'application/grpc' : name.endsWith('-bin') ? undefined : headers[name],
    }
    this.#plane = plane
    this.#carrier = carrier
    this.#headers = headers
    this.#ended = ended
    this.#call = new Call(plane, target.snapshot!, view, plane.clock.now() + deadlineMs)
  }

  begin(): void {
    const verdict = this.#call.start()
    const leftMs = this.#call.deadline - this.#plane.clock.now()
    this.#plane.clock.setTimer(
      leftMs,
      () => this.#end(grpc.status.DEADLINE_EXCEEDED, 'the deadline passed', null),
      true,
    )
    this.#follow(verdict)
  }

  #follow(verdict: Verdict): void {
    if (this.#over) return
    if (verdict.kind === 'continue') this.#attempt()
    else if (verdict.kind === 'local-reply') this.#reply(verdict)
    else this.#plane.clock.setTimer(verdict.delayMs, () => this.#follow(this.#call.resume(verdict)), true)
  }

  #attempt(): void {
    if (this.#over) return
    const picked = this.#call.pick()
    if (picked.kind === 'local-reply') this.#reply(picked)
    else if (picked.kind === 'queued') this.#call.whenPickable(() => this.#attempt())
    else this.#send(picked)
  }

  #send(endpoint: Endpoint): void {
    this.#call.attemptStarted(endpoint)
    const metadata = new grpc.Metadata()
    for (const [name, value] of Object.entries(this.#headers)) if (!name.endsWith('-bin')) metadata.set(name, value)
    metadata.set('x-attempt', String(this.#call.attempts))
    let server: string | null = null
    const { authority } = this.#call
    const options = authority === undefined ? {} : { host: authority }
    const sent = this.#carrier
      .client(endpoint)
      .makeUnaryRequest(method, asIs, asIs, Buffer.alloc(0), metadata, options, (error) => {
        if (!this.#over) this.#answered(error?.code ?? 0, error?.details ?? '', server)
      })
    sent.on('metadata', (headers) => {
      server = String(headers.get('x-upstream')[0] ?? '')
      this.#authority = String(headers.get('x-authority')[0] ?? '')
    })
  }

  #answered(code: number, details: string, server: string | null): void {
    const delayMs = this.#call.responded(200, code, true)
    if (delayMs === NO_RETRY) this.#end(code, details, server)
    else this.#plane.clock.setTimer(delayMs, () => this.#attempt(), true)
  }

  #reply({ grpcStatus, detail }: LocalReply): void {
    this.#end(grpcStatus, detail, null)
  }

  #end(code: number, details: string, server: string | null): void {
    if (this.#over) return
    this.#over = true
    this.#call.end()
    this.#ended({ code, details, server, attempts: this.#call.attempts, authority: this.#authority })
  }
}
