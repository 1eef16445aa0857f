import {
  type CalledRequest,
  type ClientSpan,
  type Random,
  type RequestContext,
  type ServedRequest,
  type ServerSpan,
  Trace,
  type Tracer,
} from '@inmesh/core'
import type { Context, Tracer as OpenTelemetryApiTracer, Span } from '@opentelemetry/api'
import { CarriedBaggage } from './carried-baggage.js'
import { CallSpan, describeCalled } from './client-span.js'
import { ContextKeys, OwnHttpMetadata } from './http-metadata.js'
import type { OpenTelemetryApi } from './open-telemetry-api.js'
import { RegisteredProvider } from './registered-provider.js'
import { describeServed, JoinedServerSpan, OwnServerSpan } from './server-span.js'
import { isNamedBy, isValid, toSpanContext, toTraceparent } from './span-context.js'
import { SpanScope } from './span-scope.js'

/** Name of the scope that the spans of the mesh have. */
const SCOPE = 'inmesh'

/** Makes spans by the API of OpenTelemetry, from when an SDK is registered in the process, in whichever order they come. */
export class OpenTelemetryTracer implements Tracer {
  readonly #api: OpenTelemetryApi
  readonly #provider: RegisteredProvider
  readonly #keys: ContextKeys
  readonly #baggage: CarriedBaggage
  readonly #random: Random
  #tracer: OpenTelemetryApiTracer | undefined

  /**
   * @param api - The module `@opentelemetry/api`.
   * @param random - Source of the ids of traces that come without.
   */
  constructor(api: OpenTelemetryApi, random: Random) {
    this.#api = api
    this.#random = random
    this.#provider = new RegisteredProvider(api)
    this.#keys = new ContextKeys(api)
    this.#baggage = new CarriedBaggage(api)
  }

  get active(): boolean {
    if (this.#tracer !== undefined) return true
    this.#tracer = this.#provider.tracer(SCOPE)
    return this.#tracer !== undefined
  }

  server(request: ServedRequest, trace: Trace, baggage: string): ServerSpan | undefined {
    const api = this.#api
    const active = api.context.active()
    const other = this.#keys.foreignMetadata(active)?.span
    if (other !== undefined && this.#isOf(other, trace)) {
      return new JoinedServerSpan(other, this.#traceOf(other, trace, active))
    }
    const { name, attributes } = describeServed(request)
    // A connection is accepted in the context in which its server began to listen, whose span is none of the request's.
    const parent = trace.begun || trace.b3?.denies === true ? this.#enter(active, trace) : api.trace.deleteSpan(active)
    const span = this.#tracer!.startSpan(name, { kind: api.SpanKind.SERVER, attributes }, parent)
    if (!isValid(span.spanContext())) return undefined
    const metadata = new OwnHttpMetadata(span)
    const inside = this.#keys.withMetadata(api.trace.setSpan(this.#baggage.enter(parent, baggage), span), metadata)
    return new OwnServerSpan(api, span, name, this.#traceOf(span, trace, inside), metadata)
  }

  client(request: CalledRequest, context: RequestContext | undefined): ClientSpan | undefined {
    const api = this.#api
    const active = api.context.active()
    const { stated } = request
    const own = api.trace.getSpan(active)
    const named = stated?.traceparent
      ? own !== undefined && isNamedBy(own.spanContext(), stated.traceparent)
      : undefined
    // What has put its ids into the headers already and is the span of a call is that of this very call.
    const joined = named === true && (own as { readonly kind?: number }).kind === api.SpanKind.CLIENT
    let span = own!
    if (!joined) {
      const { name, attributes } = describeCalled(request)
      const parent = named === false ? this.#remote(active, stated!) : this.#parent(active, own, context)
      span = this.#tracer!.startSpan(name, { kind: api.SpanKind.CLIENT, attributes }, parent)
    }
    if (!isValid(span.spanContext())) return undefined
    return new CallSpan({
      api,
      span,
      joined,
      trace: this.#traceOf(span, { b3: stated?.b3 ?? context?.trace.b3 }),
      baggage: this.#baggage.changed(active),
      silent: this.#keys.suppressed(active),
    })
  }

  current(): Trace | undefined {
    const span = this.#tracer === undefined ? undefined : this.#api.trace.getActiveSpan()
    return span === undefined || !isValid(span.spanContext()) ? undefined : this.#traceOf(span, { b3: undefined })
  }

  entered(trace: Trace): Trace {
    if (!trace.begun) return trace
    const context = this.#enter(this.#api.context.active(), trace)
    const { tracestate, b3 } = trace
    return new Trace(trace.traceparent(this.#random), tracestate, { b3, span: new SpanScope(this.#api, context) })
  }

  flush(): Promise<void> {
    return this.#provider.flush()
  }

  /** One that has ended is of the request in which the server began to listen. */
  #isOf(span: Span, trace: Trace): boolean {
    if (span.isRecording() || !trace.begun) return true
    return trace.traceparent(this.#random).startsWith(span.spanContext().traceId, 3)
  }

  /** Where code runs for a trace of somebody else. */
  #enter(context: Context, trace: Trace): Context {
    const { tracestate } = trace
    return this.#remote(context, { traceparent: trace.traceparent(this.#random), tracestate })
  }

  #remote(context: Context, { traceparent, tracestate }: { traceparent: string; tracestate: string }): Context {
    return this.#api.trace.setSpanContext(context, toSpanContext(this.#api, traceparent, tracestate))
  }

  /** What the running code works in; where it is in no span, the request that it works for. */
  #parent(active: Context, own: Span | undefined, context: RequestContext | undefined): Context {
    const known = own !== undefined && isValid(own.spanContext())
    return known || context?.trace.begun !== true ? active : this.#enter(active, context.trace)
  }

  #traceOf(span: Span, { b3 }: Pick<Trace, 'b3'>, inside?: Context): Trace {
    const context = span.spanContext()
    return new Trace(toTraceparent(context), context.traceState?.serialize() ?? '', {
      // Told on in the same form, with the ids of the span.
      b3: b3 && { ...b3, headers: [], denies: false },
      span: inside && new SpanScope(this.#api, inside),
    })
  }
}
