import axios from 'axios'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
const reviews = axios.create({ baseURL: 'http://reviews', httpAgent: mesh.httpAgent() })

const server = await mesh.listen(
  async (request, response) => {
    const id = request.url.split('/').at(-1)
    const { data } = await reviews.get(`/reviews/${id}`)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews: data }))
  },
  { port: 0, host: '127.0.0.1' },
)
console.log(`listening on port ${server.address().port}`)
