import { startTelemetry } from '@inmesh/otel'
import { trace } from '@opentelemetry/api'
import { createMesh } from 'inmesh'

startTelemetry({ service: 'greeter' })
const mesh = await createMesh({ controlPlane: '127.0.0.1:15010' })
const tracer = trace.getTracer('greeter')

async function greet(request, response) {
  request.mesh.tag('greeter.language', request.headers['accept-language'] ?? 'none')
  const answer = await tracer.startActiveSpan('ask', async (span) => {
    const hello = await mesh.fetch('http://hello/')
    span.end()
    return hello.text()
  })
  response.end(answer)
}

const server = await mesh.listen(greet, { port: 0, host: '127.0.0.1' })
console.log(`listening on port ${server.address().port}`)

// Spans of the last requests are sent before the mesh is gone.
process.once('SIGINT', () => mesh.close())
