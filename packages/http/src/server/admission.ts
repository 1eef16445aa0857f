import { InboundCall, type LocalReply, type RouteFinder, type Timer, type Verdict, type Wait } from '@inmesh/core'
import { InboundRequest } from './inbound-request.js'
import { answerLocally } from './local-answer.js'
import type { GatePlane, Passenger } from './passenger.js'
import { beforeHead } from './response-headers.js'

/** One request on its way through the routes and filters of its listener. */
export class Admission {
  readonly #passenger: Passenger
  readonly #plane: GatePlane
  readonly #request: InboundRequest
  readonly #call: InboundCall | undefined
  #timer: Timer | undefined

  /**
   * @param passenger - The request.
   * @param plane - Clock, dice and faults.
   * @param table - Routes of its connection; undefined where it is to be answered whatever they say.
   */
  constructor(passenger: Passenger, plane: GatePlane, table: RouteFinder | undefined) {
    this.#passenger = passenger
    this.#plane = plane
    const { context } = passenger.mesh
    this.#request = new InboundRequest(passenger.request, context.clientAddress)
    this.#call = table && new InboundCall(plane, table, this.#request, context.deadline)
  }

  /** Name of the route that the request took; may be empty. */
  get routeName(): string {
    return this.#call?.routeName ?? ''
  }

  /** Finds the route and runs the filters. */
  start(): void {
    const call = this.#call!
    this.#passenger.mesh.attach(this)
    this.#act(call.start())
  }

  /**
   * Answers the request in place of the application.
   *
   * @param reply - The answer.
   */
  answer(reply: LocalReply): void {
    this.#passenger.answers?.()
    this.#passenger.mesh.flags = reply.flag
    answerLocally(this.#passenger.response(), reply, this.#request, this.#call)
  }

  /** The request is over. Calling it again does nothing. */
  end(): void {
    this.#timer?.cancel()
    this.#call?.end()
  }

  #act(verdict: Verdict): void {
    switch (verdict.kind) {
      case 'continue':
        this.#serve()
        return
      case 'wait':
        this.#wait(verdict)
        return
      case 'local-reply':
        this.answer(verdict)
    }
  }

  #serve(): void {
    const call = this.#call!
    const { mesh, isTunnel } = this.#passenger
    if (isTunnel) {
      this.#passenger.proceed()
      return
    }
    mesh.context.limit(call.deadline)
    if (call.changesResponse) beforeHead(this.#passenger.response(), (head) => call.changeResponse(head))
    this.#passenger.proceed()
  }

  /** Bounded by the deadline, and by the caller's going away, which ends the request. */
  #wait(wait: Wait): void {
    const call = this.#call!
    const { clock } = this.#plane
    const leftMs = call.deadline - clock.now()
    const late = leftMs < wait.delayMs
    this.#timer = clock.setTimer(late ? leftMs : wait.delayMs, () => {
      if (late) this.answer(call.late())
      else this.#act(call.resume(wait))
    })
  }
}
