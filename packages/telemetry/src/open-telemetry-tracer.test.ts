import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, Trace } from '@inmesh/core'
import * as api from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OpenTelemetryTracer } from './open-telemetry-tracer.js'

const SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const SERVED = {
  method: 'GET',
  path: '/',
  authority: 'shop',
  scheme: 'http',
  httpVersion: '1.1',
  userAgent: undefined,
  peerAddress: undefined,
  peerPort: undefined,
}

test('a tracer is active from when an SDK is registered, and sends what ended when it is asked to', async () => {
  const tracer = new OpenTelemetryTracer(api, new SeededRandom(1))
  assert.equal(tracer.active, false)
  await tracer.flush()
  const exporter = new InMemorySpanExporter()
  const processor = new SimpleSpanProcessor(exporter)
  let flushed = 0
  processor.forceFlush = async () => {
    flushed++
  }
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
  assert.equal(tracer.active, true)
  const span = tracer.server(SERVED, new Trace(SAMPLED, 'a=1'), '')!
  assert.match(span.trace.traceparent(new SeededRandom(2)), /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad)\w{16}-01$/)
  assert.equal(span.trace.tracestate, 'a=1')
  const outcome = { complete: true, template: '/items/:id', route: 'r', flags: '-', clientAddress: '', tags: new Map() }
  span.end({ status: 503, ...outcome })
  const [ended] = exporter.getFinishedSpans()
  assert.equal(ended!.name, 'GET /items/:id')
  assert.deepEqual(
    [ended!.attributes['http.route'], ended!.attributes['inmesh.route'], ended!.attributes['error.type']],
    ['/items/:id', 'r', '503'],
  )
  await tracer.flush()
  assert.equal(flushed, 1)
})
