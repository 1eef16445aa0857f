import axios from 'axios'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
// axios 1.12 or later. Request and Response are null so that axios hands over a URL and options, and makes no objects of another fetch.
const reviews = axios.create({
  baseURL: 'http://reviews',
  adapter: 'fetch',
  env: { fetch: mesh.fetch, Request: null, Response: null },
})

const server = await mesh.listen(
  async (request, response) => {
    const id = request.url.split('/').at(-1)
    const { data } = await reviews.get(`/reviews/${id}`)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews: data }))
  },
  { port: 0, host: '127.0.0.1' },
)
console.log(`listening on port ${server.address().port}`)
