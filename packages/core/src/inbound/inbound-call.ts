import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { ReplyRewriter } from '../call/reply-rewriter.js'
import type { RequestView } from '../call/request-view.js'
import { TimedExchange } from '../call/timed-exchange.js'
import type { ActiveFaults } from '../filters/active-faults.js'
import type { Verdict, Wait } from '../filters/filter.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { RouteFinder } from '../route/compiled-route.js'

/** Where an inbound call stands: each method of {@link InboundCall} moves it on, and refuses to be called out of turn. */
type InboundCallState = 'new' | 'filtering' | 'serving' | 'ended'

/**
 * One request that a server takes. A carrier makes one for each request of a connection whose chain has routes, and drives it:
 *
 * `start()` → (perhaps waits, then `resume()`) → the application, where the verdict is `continue` → `changeResponse()` where
 * `changesResponse` → `end()`.
 *
 * It makes every decision and touches no byte. Filters of authentication, authorization and limits stand in the same chain.
 */
export class InboundCall extends TimedExchange {
  readonly #table: RouteFinder
  #state: InboundCallState = 'new'

  /**
   * @param plane - Clock, dice and faults.
   * @param table - Routes of the chain that the connection came to; read from start to end, whatever is published meanwhile.
   * @param request - The request.
   * @param deadline - Limit that the caller set, on the clock's scale; `Infinity` for none.
   */
  constructor(
    plane: { readonly clock: Clock; readonly random: Random; readonly faults: ActiveFaults },
    table: RouteFinder,
    request: RequestView,
    deadline = Number.POSITIVE_INFINITY,
  ) {
    super(plane, request, deadline)
    this.#table = table
  }

  protected get replies(): ReplyRewriter | undefined {
    return this.#table.replies
  }

  /** Finds the route and runs the filters. `continue` means that the application gets the request, by now changed as the route says. */
  start(): Verdict {
    this.#expect('new')
    this.#state = 'filtering'
    const route = this.#table.match(this.request)
    if (route === undefined) {
      const { authority, path } = this.request
      return localReplies.noRoute(`no route of ${this.#table.name} matches ${authority}${path}`)
    }
    this.matched = route
    const refusal = route.refusal(this.request.view)
    if (refusal !== undefined) return refusal
    if (route.answering !== undefined) return this.#filtered(this.pass(route.answering))
    this.limitBy(route.timeouts(this.request), false)
    return this.#filtered(this.pass(route.serving!))
  }

  /**
   * Goes on after a wait that a filter asked for.
   *
   * @param wait - The verdict that asked for it.
   */
  resume(wait: Wait): Verdict {
    this.#expect('filtering')
    return this.#filtered(wait.resume(this))
  }

  /** The answer when the deadline passed before the application got the request. */
  late(): LocalReply {
    return this.overdue(true, `the time of route ${this.routeName || '(unnamed)'} passed while filters held it back`)
  }

  /** The request is over: answered, or its caller has gone. Calling it again does nothing. */
  end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.passed()
  }

  #filtered(verdict: Verdict): Verdict {
    if (verdict.kind !== 'continue') return verdict
    const answering = this.matched!.answering
    if (answering !== undefined) return answering.answer(this)
    this.#state = 'serving'
    this.changeRequest()
    return verdict
  }

  #expect(state: InboundCallState): void {
    if (this.#state !== state) throw new TypeError(`call is ${this.#state}, not ${state}`)
  }
}
