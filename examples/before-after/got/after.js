import got from 'got'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
// Retries are the route's affair.
const reviews = got.extend({ prefixUrl: 'http://reviews', agent: { http: mesh.httpAgent() }, retry: { limit: 0 } })

const server = await mesh.listen(
  async (request, response) => {
    const id = request.url.split('/').at(-1)
    const found = await reviews(`reviews/${id}`).json()
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews: found }))
  },
  { port: 0, host: '127.0.0.1' },
)
console.log(`listening on port ${server.address().port}`)
