import { get } from 'node:http'
import { json } from 'node:stream/consumers'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
const agent = mesh.httpAgent()

const server = await mesh.listen(
  (request, response) => {
    const id = request.url.split('/').at(-1)
    get(`http://reviews/reviews/${id}`, { agent, mesh: { timeoutMs: 800 } }, async (answer) => {
      const reviews = await json(answer)
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews }))
    }).on('error', (error) => response.writeHead(502).end(error.code))
  },
  { port: 0, host: '127.0.0.1' },
)
console.log(`listening on port ${server.address().port}`)
