import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { eventually } from './patience.js'
import type { TestScope } from './test-process.js'

type Attributes = Readonly<Record<string, unknown>>

/** A span as it was received. */
export interface ReceivedSpan {
  /** `service.name` of the process that sent it. */
  readonly service: unknown
  readonly resource: Attributes
  readonly scope: string
  readonly traceId: string
  readonly spanId: string
  /** Empty without a parent. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  readonly attributes: Attributes
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
}

/** OTLP/JSON, as far as it is read (opentelemetry-proto, trace/v1). */
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: Attributed
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly JsonSpan[] }[]
  }[]
}

interface Attributed {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

interface JsonSpan extends Attributed {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly events?: readonly (Attributed & { readonly name: string })[]
}

const KINDS = [undefined, 'internal', 'server', 'client'] as const

/** Takes spans by OTLP over HTTP, in JSON, as a collector does. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  /** Headers of the last export. */
  headers: IncomingHttpHeaders = {}
  readonly #server = createServer(async (request, response) => {
    this.headers = request.headers
    const packed = request.headers['content-encoding'] === 'gzip'
    this.#take((await json(packed ? request.pipe(createGunzip()) : request)) as ExportRequest)
    response.setHeader('content-type', 'application/json').end('{}')
  })

  /** Listens on loopback until the end of the scope. */
  static async start(scope: TestScope): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    scope.after(async () => {
      receiver.#server.closeAllConnections()
      receiver.#server.close()
    })
    return receiver
  }

  /** What lets a process send its spans here, soon after each has ended. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '20' }
  }

  /** Waits until so many spans of a trace are there. */
  ofTrace(traceId: string, count: number): Promise<readonly ReceivedSpan[]> {
    return this.matching(`${count} spans of the trace`, (span) => span.traceId === traceId, count)
  }

  /** Waits until so many spans pass. */
  matching(what: string, passes: (span: ReceivedSpan) => boolean, count: number): Promise<readonly ReceivedSpan[]> {
    const look = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return this.spans.filter(passes)
    }
    return eventually(what, look, ({ length }) => length >= count)
  }

  #take({ resourceSpans }: ExportRequest): void {
    for (const { resource: sender, scopeSpans } of resourceSpans) {
      const resource = attributesOf(sender)
      for (const { scope, spans } of scopeSpans) {
        for (const span of spans) {
          const { traceId, spanId, parentSpanId = '', name, kind, events = [] } = span
          this.spans.push({
            service: resource['service.name'],
            resource,
            scope: scope.name,
            traceId,
            spanId,
            parentSpanId,
            name,
            kind: KINDS[kind]!,
            attributes: attributesOf(span),
            events: events.map((event) => ({ name: event.name, attributes: attributesOf(event) })),
          })
        }
      }
    }
  }
}

function attributesOf({ attributes }: Attributed): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
