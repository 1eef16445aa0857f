import {
  EXPECTED_TIMEOUT_HEADER,
  formatTimeoutMs,
  type Random,
  type RequestContext,
  type RequestView,
} from '@inmesh/core'
import type { MeshDispatchOptions } from './call-options.js'
import type { Origin } from './origin.js'
import {
  EXPECTED_TIMEOUT,
  HOST,
  presentHeaders,
  type RequestHeaders,
  readHeader,
  repeatableHeaders,
  STEERING,
  TRACEPARENT,
  TRACESTATE,
  withHeaders,
  withoutSteering,
} from './request-headers.js'

const NOTHING: string[] = []

/** A request as its caller gave it: how the core sees it, and what undici is given for an attempt. */
export class OutboundRequest implements RequestView {
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly #origin: Origin | null
  readonly #options: MeshDispatchOptions
  readonly #context: RequestContext | undefined
  readonly #headers: RequestHeaders
  /** Which of the headers that the mesh adds are the caller's already. */
  readonly #present: number

  /**
   * @param origin - Where it goes; null for a host that the mesh never looks at.
   * @param options - As given to `dispatch`.
   * @param context - Context of the inbound request that it is made for.
   */
  constructor(origin: Origin | null, options: MeshDispatchOptions, context: RequestContext | undefined) {
    this.method = options.method
    this.path = options.path
    this.#origin = origin
    this.#options = options
    this.#context = context
    const headers = options.headers
    if (headers === null || headers === undefined) {
      this.#headers = undefined
      this.#present = 0
    } else {
      this.#headers = repeatableHeaders(headers)
      this.#present = presentHeaders(this.#headers)
    }
    const named = (this.#present & HOST) === 0 ? undefined : readHeader(this.#headers, 'host')
    this.authority = named === undefined ? (origin?.authority ?? '') : named.toLowerCase()
  }

  get view(): 'http' {
    return 'http'
  }

  get clientAddress(): string {
    return this.#context?.clientAddress ?? ''
  }

  get steered(): boolean {
    return (this.#present & STEERING) !== 0
  }

  /** Authority of the URL, whatever a `host` header says. */
  get originAuthority(): string {
    return this.#origin?.authority ?? ''
  }

  /** As given to `dispatch`. */
  get body(): unknown {
    return this.#options.body
  }

  /** Whether the caller declared that it may be carried out twice. */
  get idempotent(): boolean {
    return this.#options.mesh?.idempotent === true
  }

  header(name: string): string | undefined {
    return this.#headers === undefined ? undefined : readHeader(this.#headers, name)
  }

  /**
   * What undici is given for an attempt within the mesh. The caller's own object wherever nothing is to be added.
   *
   * @param authority - What the endpoint's pool writes as `host` unless it is told otherwise.
   * @param leftMs - Milliseconds to announce to the upstream as the time left; `Infinity` to announce nothing.
   * @param random - Source of trace ids.
   */
  attemptOptions(authority: string, leftMs: number, random: Random): MeshDispatchOptions {
    const usual = authority === this.#origin?.authority
    if (usual && this.#context === undefined && leftMs === Number.POSITIVE_INFINITY) return this.#withAdded(NOTHING)
    const added: string[] = []
    if (this.#context !== undefined) this.#addTrace(this.#context, random, added)
    if (leftMs !== Number.POSITIVE_INFINITY && (this.#present & EXPECTED_TIMEOUT) === 0) {
      added.push(EXPECTED_TIMEOUT_HEADER, formatTimeoutMs(leftMs))
    }
    if (!usual && (this.#present & HOST) === 0) added.push('host', this.authority)
    return this.#withAdded(added)
  }

  /**
   * What undici is given for a host outside the mesh: of all that the mesh adds, only the trace may leave it.
   *
   * @param random - Source of trace ids.
   */
  passThroughOptions(random: Random): MeshDispatchOptions {
    const added: string[] = []
    if (this.#context !== undefined) this.#addTrace(this.#context, random, added)
    return this.#withAdded(added, true)
  }

  #addTrace(context: RequestContext, random: Random, added: string[]): void {
    // A `tracestate` belongs to its `traceparent`: where the caller has either, it has its own trace.
    if ((this.#present & (TRACEPARENT | TRACESTATE)) !== 0) return
    added.push('traceparent', context.traceparent(random))
    if (context.tracestate !== '') added.push('tracestate', context.tracestate)
  }

  #withAdded(added: string[], outside = false): MeshDispatchOptions {
    const steering = STEERING | (outside ? EXPECTED_TIMEOUT : 0)
    const headers = (this.#present & steering) === 0 ? this.#headers : withoutSteering(this.#headers, outside)
    if (added.length > 0) return withHeadersOf(this.#options, withHeaders(headers, added))
    // An iterable was read already, and may not be readable again.
    return headers === undefined || headers === this.#options.headers
      ? this.#options
      : withHeadersOf(this.#options, headers)
  }
}

/** A copy with other headers. */
function withHeadersOf(options: MeshDispatchOptions, headers: RequestHeaders): MeshDispatchOptions {
  // The key comes first and its value last: V8 gives each object that is spread and then extended a hidden class of its own, and undici
  // reads such objects ten times slower.
  const copy = { headers: undefined as RequestHeaders, ...options }
  copy.headers = headers
  return copy
}
