import {
  B3_HEADER,
  B3_HEADERS,
  type Call,
  type CalledRequest,
  type ClientSpan,
  type Random,
  type ReceivedTrace,
  type RequestContext,
  type RequestView,
  type TracePropagation,
} from '@inmesh/core'
import type { Dispatcher } from 'undici'
import type { MeshDispatchOptions } from './call-options.js'
import { addBaggage, addPriority, addTimeLeft, addTrace } from './carried-headers.js'
import { isGrpcRequest } from './grpc-status.js'
import type { Origin } from './origin.js'
import { RequestHeadEditor } from './request-head-editor.js'
import {
  EXPECTED_TIMEOUT,
  GRPC_TIMEOUT,
  HOST,
  INTERNAL,
  presentHeaders,
  type RequestHeaders,
  readHeader,
  repeatableHeaders,
  STEERING,
  TRACE,
  withHeaders,
  withoutHeaders,
} from './request-headers.js'
import type { Trust } from './tls/trust.js'

const NOTHING: string[] = []

/** All that may name a trace. */
const TRACE_HEADERS = ['traceparent', 'tracestate', B3_HEADER, ...B3_HEADERS]

/** What the requests of one dispatcher have in common. */
export interface RequestTerms {
  /** How they tell their traces. */
  readonly propagation: TracePropagation
  /** How the server of an `https:` URL is verified. */
  readonly trust: Trust | undefined
}

/** A request as its caller gave it: how the core sees it, and what undici is given for an attempt. */
export class OutboundRequest implements RequestView, CalledRequest {
  /** Its span; undefined where nobody traces. */
  span: ClientSpan | undefined = undefined
  readonly #origin: Origin | null
  readonly #options: MeshDispatchOptions
  readonly #context: RequestContext | undefined
  readonly #propagation: TracePropagation
  readonly #headers: RequestHeaders
  readonly #authority: string
  /** Which of the headers that the mesh adds are the caller's already. */
  readonly #present: number
  readonly trust: Trust | undefined
  /** What the mesh made of the head; undefined until it changes anything. */
  #editor: RequestHeadEditor | undefined

  /**
   * @param origin - Where it goes; null for what is no origin of HTTP.
   * @param options - As given to `dispatch`.
   * @param context - Context of the inbound request that it is made for.
   * @param terms - How it tells its trace, and how the server of an `https:` URL is verified.
   */
  constructor(
    origin: Origin | null,
    options: MeshDispatchOptions,
    context: RequestContext | undefined,
    terms: RequestTerms,
  ) {
    this.#origin = origin
    this.trust = origin?.secure === true ? terms.trust : undefined
    this.#options = options
    this.#context = context
    this.#propagation = terms.propagation
    const headers = options.headers
    if (headers === null || headers === undefined) {
      this.#headers = undefined
      this.#present = 0
    } else {
      this.#headers = repeatableHeaders(headers)
      this.#present = presentHeaders(this.#headers)
    }
    const named = (this.#present & HOST) === 0 ? undefined : readHeader(this.#headers, 'host')
    this.#authority = named === undefined ? (origin?.authority ?? '') : named.toLowerCase()
  }

  get view(): 'http' {
    return 'http'
  }

  get method(): string {
    return this.#editor === undefined ? this.#options.method : this.#editor.method
  }

  get path(): string {
    return this.#editor === undefined ? this.#options.path : this.#editor.path
  }

  get authority(): string {
    return this.#editor === undefined ? this.#authority : this.#editor.authority
  }

  get editor(): RequestHeadEditor {
    this.#editor ??= this.#newEditor()
    return this.#editor
  }

  get clientAddress(): string {
    return this.#context?.clientAddress ?? ''
  }

  get steered(): boolean {
    return (this.#present & STEERING) !== 0
  }

  /** Whether it may go to a host that is not in the mesh. What is no origin at all is left to undici to refuse. */
  get mayLeave(): boolean {
    return this.#origin?.allowed !== false
  }

  get scheme(): string {
    return this.#origin?.scheme ?? ''
  }

  get host(): string {
    return this.#origin?.host ?? ''
  }

  get port(): number {
    return this.#origin?.port ?? 0
  }

  get stated(): ReceivedTrace | undefined {
    if ((this.#present & TRACE) === 0) return undefined
    const headers = this.#headers
    return this.#propagation.read(Object.fromEntries(TRACE_HEADERS.map((name) => [name, readHeader(headers, name)])))
  }

  /** Authority of the URL, whatever a `host` header says. */
  get originAuthority(): string {
    return this.#origin?.authority ?? ''
  }

  /** Host that it is addressed to, an IPv6 address without its brackets: for `https:` that of the URL, else as a `host` header has it. */
  get addressedHost(): string {
    return this.trust === undefined ? hostOf(this.#authority) : this.#origin!.bareHost
  }

  get secure(): boolean {
    return this.#origin?.secure === true
  }

  /** Whether it asks for a connection for another protocol. */
  get upgrades(): boolean {
    return Boolean(this.#options.upgrade) || this.#options.method === 'CONNECT'
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
    if (this.#editor !== undefined) return this.#editor.get(name)
    return this.#headers === undefined ? undefined : readHeader(this.#headers, name)
  }

  /**
   * A request of its own with the head that this one has now, what its caller told the mesh left out.
   *
   * @param body - Its body.
   */
  copy(body: unknown): OutboundRequest {
    const options = { ...this.#options, headers: undefined, body: body as MeshDispatchOptions['body'] }
    const terms = { propagation: this.#propagation, trust: this.trust }
    const copy = new OutboundRequest(this.#origin, options, this.#context, terms)
    copy.span = this.span
    copy.#editor = (this.#editor ?? this.#newEditor()).copy()
    return copy
  }

  /**
   * Whether the call ends when the caller of the inbound request goes away. By default that is what may be given up at any time: reading, and
   * gRPC calls, whose servers expect to be told (gRPC, "Cancellation"). Half of a change helps nobody.
   */
  get endsWithParent(): boolean {
    const { method, mesh } = this.#options
    return mesh?.cancelWithParent ?? (method === 'GET' || method === 'HEAD' || isGrpcRequest(this))
  }

  /**
   * What undici is given for an attempt within the mesh. The caller's own object wherever nothing is to be added.
   *
   * @param authority - What the endpoint's pool writes as `host` unless it is told otherwise.
   * @param leftMs - Milliseconds to announce to the upstream as the time left; `Infinity` to announce nothing.
   * @param random - Source of trace ids.
   * @param call - The call that it is an attempt of: headers that tell of the attempt, and whether its route keeps those of Envoy to itself.
   */
  attemptOptions(
    authority: string,
    leftMs: number,
    random: Random,
    call: Pick<Call, 'attemptHeaders' | 'route'>,
  ): MeshDispatchOptions {
    const told = call.attemptHeaders
    const forms = this.#timeForms(leftMs, call)
    if (this.#editor !== undefined) return this.#changedOptions(this.#editor, authority, leftMs, forms, random, told)
    const usual = authority === this.#origin?.authority && told.length === 0
    if (usual && this.#context === undefined && this.span === undefined && forms === 0)
      return this.#withAdded(NOTHING, STEERING)
    const added = told.slice()
    const replaced = this.#addOwn(this.#headers, this.#present, leftMs, forms, random, added)
    if (authority !== this.#origin?.authority && (this.#present & HOST) === 0) added.push('host', this.#authority)
    return this.#withAdded(added, STEERING | replaced)
  }

  /**
   * What undici is given for a host outside the mesh: of all that the mesh adds, only the trace may leave it.
   *
   * @param random - Source of trace ids.
   */
  passThroughOptions(random: Random): MeshDispatchOptions {
    const added: string[] = []
    return this.#withAdded(added, INTERNAL | this.#addTrace(this.#present, random, added))
  }

  /** In which headers the time left is announced. */
  #timeForms(leftMs: number, { route }: Pick<Call, 'route'>): number {
    if (leftMs === Number.POSITIVE_INFINITY) return 0
    const expected = route!.suppressesEnvoyHeaders ? 0 : EXPECTED_TIMEOUT
    return this.method !== 'GET' && isGrpcRequest(this) ? expected | GRPC_TIMEOUT : expected
  }

  #newEditor(): RequestHeadEditor {
    return RequestHeadEditor.of(this.#options.method, this.#options.path, this.#authority, this.#headers)
  }

  #changedOptions(
    editor: RequestHeadEditor,
    authority: string,
    leftMs: number,
    forms: number,
    random: Random,
    told: readonly string[],
  ): MeshDispatchOptions {
    const headers = [...editor.list]
    for (let index = 0; index + 1 < told.length; index += 2) {
      // What the route itself sets goes before.
      if (!headers.includes(told[index]!)) headers.push(told[index]!, told[index + 1]!)
    }
    const added: string[] = []
    const replaced = this.#addOwn(headers, presentHeaders(headers), leftMs, forms, random, added)
    if (editor.authority !== authority) added.push('host', editor.authority)
    const kept = replaced === 0 ? headers : withoutHeaders(headers, replaced)
    const options = withHeadersOf(this.#options, withHeaders(kept, added))
    options.method = editor.method as Dispatcher.HttpMethod
    options.path = editor.path
    return options
  }

  /** The mesh's own headers. Gives the bits of those whose place they take. */
  #addOwn(
    headers: RequestHeaders,
    present: number,
    leftMs: number,
    forms: number,
    random: Random,
    added: string[],
  ): number {
    const context = this.#context
    let replaced = this.#addTrace(present, random, added)
    if (context !== undefined) addPriority(context.priority, present, added)
    const baggage = this.span?.baggage ?? context?.baggage
    if (baggage) replaced |= addBaggage(baggage, headers, present, added)
    return forms === 0 ? replaced : replaced | addTimeLeft(leftMs, forms, headers, present, added)
  }

  /** A span of the call stands for what the application's headers name, which it goes on from. */
  #addTrace(present: number, random: Random, added: string[]): number {
    const { span } = this
    if (span !== undefined) {
      addTrace(span.trace, this.#propagation, random, added)
      return present & TRACE
    }
    // They belong together: a request that has any of them has its own trace.
    if (this.#context !== undefined && (present & TRACE) === 0) {
      addTrace(this.#context.trace, this.#propagation, random, added)
    }
    return 0
  }

  /** The caller's options without some headers and with others. */
  #withAdded(added: string[], leftOut: number): MeshDispatchOptions {
    const headers = (this.#present & leftOut) === 0 ? this.#headers : withoutHeaders(this.#headers, leftOut)
    if (added.length > 0) return withHeadersOf(this.#options, withHeaders(headers, added))
    // An iterable was read already, and may not be readable again.
    return headers === undefined || headers === this.#options.headers
      ? this.#options
      : withHeadersOf(this.#options, headers)
  }
}

function hostOf(authority: string): string {
  if (authority.startsWith('[')) return authority.slice(1, authority.indexOf(']'))
  const colon = authority.lastIndexOf(':')
  return colon < 0 ? authority : authority.slice(0, colon)
}

/** A copy with other headers. */
function withHeadersOf(options: MeshDispatchOptions, headers: RequestHeaders): MeshDispatchOptions {
  // The key comes first and its value last: V8 gives each object that is spread and then extended a hidden class of its own, and undici
  // reads such objects ten times slower.
  const copy = { headers: undefined as RequestHeaders, ...options }
  copy.headers = headers
  return copy
}
