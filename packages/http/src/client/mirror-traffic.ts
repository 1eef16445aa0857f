import { type Call, MeshError, type RouteFinder } from '@inmesh/core'
import { type Abortable, ActiveCalls } from './active-calls.js'
import { CallRecords } from './call-progress.js'
import { ClientCall } from './client-call.js'
import type { ClientScope, MirrorSender } from './client-scope.js'
import type { LegacyHandler } from './legacy-handler.js'
import { MAX_ACTIVE, MAX_BODY_BYTES } from './mirror-limits.js'
import { MirrorTee } from './mirror-tee.js'
import type { OutboundRequest } from './outbound-request.js'
import { isReplayable } from './request-body.js'

/** What copies share with the requests that they are copies of. */
type MirrorParts = Pick<
  ClientScope,
  'plane' | 'carrier' | 'propagation' | 'passThrough' | 'trust' | 'discoveryTimeoutMs'
>

/** What became of the copies of requests that go to mirrors, since the dispatcher was made. */
export interface MirrorStatistics {
  /** Copies under way. */
  readonly active: number
  /** Copies sent, those under way among them. */
  readonly sent: number
  /** Copies left out, because too many were under way or the body was too large. */
  readonly dropped: number
}

/**
 * Copies of requests that go to the mirrors of their routes. Nobody waits for their answers, and whatever becomes of them, the requests that
 * they are copies of do not notice.
 */
export class MirrorTraffic implements MirrorSender, MirrorStatistics {
  sent = 0
  dropped = 0
  readonly #scope: ClientScope
  readonly #active = new Set<Abortable>()

  /**
   * @param parts - Of the dispatcher whose requests are mirrored.
   */
  constructor(parts: MirrorParts) {
    // A copy is no call of the application: it is not waited for when the dispatcher closes, and its failures are nobody's responses.
    this.#scope = {
      ...parts,
      context: undefined,
      tracer: undefined,
      throwsReplies: true,
      calls: new ActiveCalls(),
      records: new CallRecords(parts.plane.clock),
      mirrors: this,
    }
  }

  get active(): number {
    return this.#active.size
  }

  /**
   * Mirrors a request whose attempt goes out next.
   *
   * @param call - Its call, whose route has mirrors.
   * @param request - The request, as the attempt sends it.
   * @param handler - What the attempt reports to.
   * @returns that, or what must stand before it to see a body that can be read only once.
   */
  begin(call: Call, request: OutboundRequest, handler: LegacyHandler): LegacyHandler {
    // Envoy copies neither upgrades nor CONNECT (RequestMirrorPolicy): nobody would end the connection of the copy.
    if (request.upgrades) return handler
    const { body } = request
    if (!isReplayable(body)) {
      // Of several attempts only the one that sends it whole gets to the end of the body.
      return new MirrorTee(handler, (copy) => this.#send(call, request, copy, copy !== undefined))
    }
    if (call.attempts === 1) this.#send(call, request, body, byteLength(body) <= MAX_BODY_BYTES)
    return handler
  }

  /** Ends every copy that is under way. */
  stop(): void {
    const reason = new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
    for (const call of [...this.#active]) call.abort(reason)
  }

  #send(call: Call, request: OutboundRequest, body: unknown, fits: boolean): void {
    for (const mirror of call.route!.mirrors!) {
      if (!mirror.takes(call.random)) continue
      const table = mirror.table(request)
      if (table === undefined) continue
      if (!fits || this.#active.size >= MAX_ACTIVE) {
        this.dropped++
        continue
      }
      const copy = request.copy(body)
      mirror.apply(copy.editor, call)
      this.sent++
      const handler = new DiscardingHandler(() => this.#active.delete(sending))
      const sending: Abortable = new ClientCall(this.#scope, asTarget(table), copy, handler, Number.POSITIVE_INFINITY)
      this.#active.add(sending)
      ;(sending as ClientCall).begin()
    }
  }
}

/** A target whose routes are known. */
function asTarget(table: RouteFinder): ConstructorParameters<typeof ClientCall>[1] {
  const state = 'configured' as const
  return { name: table.name, state, snapshot: { table }, error: undefined, whenSettled: () => () => {} }
}

function byteLength(body: unknown): number {
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Blob) return body.size
  return (body as ArrayBuffer | ArrayBufferView | null | undefined)?.byteLength ?? 0
}

/** Reads an answer and forgets it. */
class DiscardingHandler implements LegacyHandler {
  readonly #ended: () => void

  constructor(ended: () => void) {
    this.#ended = ended
  }

  onConnect(): void {}

  onHeaders(): boolean {
    return true
  }

  onData(): boolean {
    return true
  }

  onComplete(): void {
    this.#ended()
  }

  onError(): void {
    this.#ended()
  }
}
