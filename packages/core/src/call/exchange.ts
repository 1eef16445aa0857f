import type { Cluster } from '../cluster/cluster.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { ActiveFaults } from '../filters/active-faults.js'
import { CONTINUE, type FilterContext, type Verdict } from '../filters/filter.js'
import { FilterChain } from '../filters/filter-chain.js'
import type { HeaderChanges } from '../headers/header-changes.js'
import type { OverrideHost } from '../model/override-host.js'
import type { Clock } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import type { RequestChanges } from '../rewrite/request-changes.js'
import type { CompiledRoute } from '../route/compiled-route.js'
import type { Passage } from '../route/destination.js'
import { attemptHeaders, NOTHING } from './attempt-headers.js'
import type { LocalReply, ResponseFlag } from './local-reply.js'
import type { ReplyRewriter, RewrittenReply } from './reply-rewriter.js'
import type { RequestView } from './request-view.js'
import type { ResponseHead } from './response-head.js'

/**
 * A request and its response as filters and formats see them, and all that the configuration changes on the two. The base of
 * {@link Call}, which drives the attempts.
 */
export abstract class Exchange implements FilterContext {
  readonly clock: Clock
  readonly random: Random
  readonly faults: ActiveFaults
  readonly request: RequestView
  /**
   * Envoy's flag when an attempt would have been repeated if it were allowed: `URX` all retries were used, `UO` the cluster's retry budget or
   * limit was. Goes with the flag of the reply, if there is one.
   */
  retryFlag: ResponseFlag | undefined
  overrideHost: OverrideHost | undefined
  responseKbps = 0
  delayInjected = false
  /** Attempts started so far. */
  attempts = 0
  /** Whether the attempt before the next or current one was given up because it took too long. */
  afterTimeout = false
  /** What {@link Exchange.route} gives; set once by the call. */
  protected matched: CompiledRoute | undefined
  /** What {@link Exchange.cluster} gives; set once by the call. */
  protected chosen: Cluster | undefined
  /** What {@link Exchange.endpoint} gives; set anew for each attempt. */
  protected picked: Endpoint | undefined
  #filters = FilterChain.EMPTY
  #requestChanges: RequestChanges | undefined
  #responseChanges: HeaderChanges | undefined
  /** Headers for the response of the upstream, names and values in turn. */
  #addedHeaders: string[] | undefined
  #response: ResponseHead | undefined
  #reply: LocalReply | undefined
  #startTimeMs = 0
  /** What filters asked to be called at the end. */
  #endings: (() => void)[] | undefined

  /**
   * @param plane - Clock, dice and faults.
   * @param request - The request.
   */
  constructor(
    plane: { readonly clock: Clock; readonly random: Random; readonly faults: ActiveFaults },
    request: RequestView,
  ) {
    this.clock = plane.clock
    this.random = plane.random
    this.faults = plane.faults
    this.request = request
  }

  /** The route that matched, once there is one. */
  get route(): CompiledRoute | undefined {
    return this.matched
  }

  /** The cluster that all attempts go to, once one is chosen. */
  get cluster(): Cluster | undefined {
    return this.chosen
  }

  /** The endpoint of the current or last attempt. */
  get endpoint(): Endpoint | undefined {
    return this.picked
  }

  get response(): ResponseHead | undefined {
    return this.#response
  }

  get clusterName(): string {
    return this.chosen?.name ?? ''
  }

  get routeName(): string {
    return this.matched?.source.name ?? ''
  }

  /** Of the mesh's own answer, if it gave one, and of what came before. */
  get responseFlags(): string {
    return this.flagsWith(this.#reply?.flag ?? '-')
  }

  /**
   * @param own - Flag of how it ended, `-` for none.
   * @returns that with the flags of what came before, in Envoy's order.
   */
  flagsWith(own: string): string {
    const retries = this.retryFlag === own ? undefined : this.retryFlag
    if (retries === undefined && !this.delayInjected) return own
    const flags = [own]
    if (this.delayInjected) flags.splice(own === 'FI' || own === 'DC' ? 0 : 1, 0, 'DI')
    if (retries !== undefined) flags.push(retries)
    return flags.filter((flag) => flag !== '-').join()
  }

  /** Asked of the clock at the start only where something may read it before the response. */
  get startTimeMs(): number {
    if (this.#startTimeMs === 0) this.#startTimeMs = this.clock.wallTime()
    return this.#startTimeMs
  }

  atEnd(callback: () => void): void {
    this.#endings ??= []
    this.#endings.push(callback)
  }

  /**
   * Adds a header to the response that the upstream will give; a cookie that pins later requests, for example.
   *
   * @param name - In lower case.
   * @param value - Its value.
   */
  addResponseHeader(name: string, value: string): void {
    this.#addedHeaders ??= []
    this.#addedHeaders.push(name, value)
  }

  /** Headers that tell the upstream of the attempt that goes out next, names in lower case and values in turn; may be empty. */
  get attemptHeaders(): readonly string[] {
    const told = this.matched!.attemptHeaders
    return told === undefined ? NOTHING : attemptHeaders(told, this.attempts, this.afterTimeout)
  }

  /** Whether anything changes the response of the upstream, so that {@link Exchange.changeResponse} must see it. */
  get changesResponse(): boolean {
    return (
      this.#addedHeaders !== undefined ||
      this.#responseChanges !== undefined ||
      this.#filters.changesResponses ||
      this.matched!.attemptHeaders?.inResponse === true
    )
  }

  /**
   * Changes the head of the upstream's response, which goes to the caller next: first as the route says, then as the filters do.
   *
   * @param head - The head.
   */
  changeResponse(head: ResponseHead): void {
    this.#response = head
    const added = this.#addedHeaders
    if (added !== undefined) {
      for (let index = 0; index < added.length; index += 2) head.headers.add(added[index]!, added[index + 1]!)
    }
    this.#responseChanges?.apply(head.headers, this)
    this.#tellAttempts(head)
    this.#filters.respond(this, head)
  }

  /**
   * Makes over an answer that the mesh gives itself: first as the route says, which changes only its own answers (Envoy), then as the
   * listener does.
   *
   * @param reply - The answer.
   * @param head - Its head; headers are added to it.
   * @returns what goes out.
   */
  rewriteReply(reply: LocalReply, head: ResponseHead): RewrittenReply {
    this.#response = head
    this.#reply = reply
    const own = this.matched?.answering !== undefined && reply.code === undefined
    if (own) this.#responseChanges?.apply(head.headers, this)
    this.#tellAttempts(head)
    const { replies } = this
    if (replies === undefined || reply.verbatim === true) return reply
    return replies.rewrite(reply, this, (status) => {
      this.#response = { status, headers: head.headers }
    })
  }

  /**
   * Shows the head of an answer that the mesh gives itself to the filters, which see it as they see a response.
   *
   * @param head - The head, of what {@link Exchange.rewriteReply} gave.
   */
  changeReply(head: ResponseHead): void {
    this.#response = head
    this.#filters.respond(this, head)
  }

  /** HTTP status of the mesh's own answer; 0 where it gave none. */
  get replyStatus(): number {
    return this.#reply?.httpStatus ?? 0
  }

  /** Makes over what the mesh answers itself; undefined leaves it as it is. */
  protected abstract readonly replies: ReplyRewriter | undefined

  /** Envoy, "x-envoy-attempt-count": of answers of the mesh itself too, once there was an attempt. */
  #tellAttempts({ headers }: ResponseHead): void {
    if (this.attempts > 0 && this.matched?.attemptHeaders?.inResponse)
      headers.set('x-envoy-attempt-count', String(this.attempts))
  }

  /** The exchange is over. */
  protected passed(): void {
    if (this.#endings !== undefined) for (const callback of this.#endings) callback()
  }

  /** Runs the filters, and remembers what is changed later. */
  protected pass({ filters, requestChanges, responseChanges }: Passage): Verdict {
    this.#filters = filters
    this.#requestChanges = requestChanges
    this.#responseChanges = responseChanges
    if (filters.length === 0) {
      if (requestChanges !== undefined) this.#startTimeMs = this.clock.wallTime()
      return CONTINUE
    }
    this.#startTimeMs = this.clock.wallTime()
    return filters.run(this)
  }

  /** Makes the changes of the route for the attempt that goes out next. */
  protected changeRequest(): void {
    if (this.#requestChanges === undefined) return
    const { editor } = this.request
    if (editor === undefined) return
    editor.beginAttempt()
    this.#requestChanges.apply(editor, this)
  }
}
