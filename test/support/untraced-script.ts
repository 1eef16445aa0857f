// A service that asks itself through the mesh, tells what it was sent, and which modules of OpenTelemetry were loaded for that.
import { createRequire } from 'node:module'
import { createMesh } from 'inmesh'
import { say } from './commands.js'

const mesh = await createMesh({ config: import.meta.dirname, logLevel: 'silent' })
const server = await mesh.listen(
  async (request, response) => {
    if (request.url === '/second') {
      response.end(request.headers.traceparent)
      return
    }
    const answer = await mesh.fetch(`http://127.0.0.1:${server.boundAddress!.port}/second`)
    response.end(await answer.text())
  },
  { port: 0, host: '127.0.0.1' },
)
const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const answer = await fetch(`http://127.0.0.1:${server.boundAddress!.port}/`, { headers })
const traceparent = await answer.text()
const { cache } = createRequire(import.meta.url)
say({ event: 'done', traceparent, loaded: Object.keys(cache).filter((path) => path.includes('@opentelemetry')) })
await mesh.close()
