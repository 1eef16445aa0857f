import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket } from 'ws'

const server = createServer(async (request, response) => {
  const id = request.url.split('/').at(-1)
  const reviews = new WebSocket(process.env.REVIEWS_URL)
  await once(reviews, 'open')
  reviews.send(`/reviews/${id}`)
  const [found] = await once(reviews, 'message')
  reviews.close()
  response.setHeader('content-type', 'application/json').end(`{"id":"${id}","reviews":${found}}`)
})

server.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`))
