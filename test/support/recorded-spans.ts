import { setImmediate as turn } from 'node:timers/promises'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { NodeSDK, tracing } from '@opentelemetry/sdk-node'
import { eventually } from './patience.js'
import type { TestScope } from './test-process.js'

/** A span as tests look at it. */
export interface RecordedSpan {
  readonly name: string
  readonly kind: keyof typeof SpanKind
  readonly scope: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
}

/** The spans of this process, by an SDK that keeps them in memory. */
export class RecordedSpans {
  readonly #exporter = new tracing.InMemorySpanExporter()

  /**
   * Starts the SDK.
   *
   * @param scope - Until its end.
   * @param options - As of the SDK; by default every trace is sampled that does not say otherwise.
   */
  static start(scope: TestScope, options: ConstructorParameters<typeof NodeSDK>[0] = {}): RecordedSpans {
    const spans = new RecordedSpans()
    const sdk = new NodeSDK({
      autoDetectResources: false,
      spanProcessors: [new tracing.SimpleSpanProcessor(spans.#exporter)],
      ...options,
    })
    sdk.start()
    scope.after(() => sdk.shutdown())
    return spans
  }

  /** All that ended so far, in their order. */
  get all(): readonly RecordedSpan[] {
    return this.#exporter.getFinishedSpans().map(recorded)
  }

  /** Forgets what there is. */
  clear(): void {
    this.#exporter.reset()
  }

  /** Waits until so many have ended. A server's spans end a little after its callers have the response. */
  async ended(count: number): Promise<readonly RecordedSpan[]> {
    const look = async () => {
      await turn()
      return this.all
    }
    return eventually(`${count} spans`, look, ({ length }) => length >= count)
  }
}

function recorded(span: tracing.ReadableSpan): RecordedSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    name: span.name,
    kind: SpanKind[span.kind] as keyof typeof SpanKind,
    scope: span.instrumentationScope.name,
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    failed: span.status.code === SpanStatusCode.ERROR,
    attributes: { ...span.attributes },
    events: span.events.map(({ name, attributes = {} }) => ({ name, attributes: { ...attributes } })),
  }
}
