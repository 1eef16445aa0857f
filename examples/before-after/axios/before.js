import { createServer } from 'node:http'
import axios from 'axios'

const reviews = axios.create({ baseURL: process.env.REVIEWS_URL })

const server = createServer(async (request, response) => {
  const id = request.url.split('/').at(-1)
  const { data } = await reviews.get(`/reviews/${id}`)
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews: data }))
})

server.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`))
