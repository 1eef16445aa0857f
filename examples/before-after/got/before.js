import { createServer } from 'node:http'
import got from 'got'

const reviews = got.extend({ prefixUrl: process.env.REVIEWS_URL })

const server = createServer(async (request, response) => {
  const id = request.url.split('/').at(-1)
  const found = await reviews(`reviews/${id}`).json()
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews: found }))
})

server.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`))
