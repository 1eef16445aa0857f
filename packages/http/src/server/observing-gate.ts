import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { InboundCall, type InboundListener, type LocalReply } from '@inmesh/core'
import { InboundGate } from './inbound-gate.js'
import { InboundRequest } from './inbound-request.js'
import type { MeshRequest } from './mesh-request.js'
import type { GatePlane, Passenger } from './passenger.js'

/** What the mesh would have done with a request. */
export interface ObservedAdmission {
  /** Nothing, as the listener is not known yet, hand it to the application, refuse it with its connection, or answer it. */
  readonly kind: 'undecided' | 'admitted' | 'closed' | 'answered'
  /** Port of the server. */
  readonly port: number
  /** The answer; undefined for any other kind. */
  readonly reply?: LocalReply | undefined
}

/** Decides about requests as the listener of their server says, by the same code, and hands all of them to the application as they are. */
export class ObservingGate extends InboundGate {
  readonly #listener: InboundListener
  readonly #plane: GatePlane
  readonly #observed: (admission: ObservedAdmission) => void

  /**
   * @param listener - The server's listener.
   * @param plane - What is shared with other gates.
   * @param observed - Told of every request.
   */
  constructor(listener: InboundListener, plane: GatePlane, observed: (admission: ObservedAdmission) => void) {
    super(listener, plane)
    this.#listener = listener
    this.#plane = plane
    this.#observed = observed
  }

  override takes(_socket: Socket): boolean {
    return true
  }

  override passes(request: IncomingMessage, mesh: MeshRequest): boolean {
    this.#observed(this.#decide(request, mesh))
    return true
  }

  override admit({ request, mesh, proceed }: Passenger): void {
    this.#observed(this.#decide(request, mesh))
    proceed()
  }

  #decide(request: IncomingMessage, mesh: MeshRequest): ObservedAdmission {
    const { state, server } = this.#listener
    const { port } = server
    if (state === 'unknown') return { kind: 'admitted', port }
    if (state !== 'configured') return { kind: 'undecided', port }
    const use = this.#listener.chainFor(request.socket)?.use
    if (use === undefined || use.kind === 'closed' || use.kind === 'failed') return { kind: 'closed', port }
    if (use.kind === 'plain') return { kind: 'admitted', port }
    const { clientAddress } = mesh.context
    const call = new InboundCall(this.#plane, use.table, new InboundRequest(shadowOf(request), clientAddress))
    let verdict = call.start()
    while (verdict.kind === 'wait') verdict = call.resume(verdict)
    call.end()
    return verdict.kind === 'local-reply' ? { kind: 'answered', port, reply: verdict } : { kind: 'admitted', port }
  }
}

/** What a route would change on the request changes a copy of its head. */
function shadowOf(request: IncomingMessage): IncomingMessage {
  const { headers, rawHeaders, method, url } = request
  return Object.create(request, {
    headers: { value: { ...headers } },
    headersDistinct: { value: undefined },
    rawHeaders: { value: [...rawHeaders] },
    method: { value: method, writable: true },
    url: { value: url, writable: true },
  }) as IncomingMessage
}
