import { createServer, get } from 'node:http'
import { json } from 'node:stream/consumers'

const server = createServer((request, response) => {
  const id = request.url.split('/').at(-1)
  get(`${process.env.REVIEWS_URL}/reviews/${id}`, async (answer) => {
    const reviews = await json(answer)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, reviews }))
  }).on('error', (error) => response.writeHead(502).end(error.code))
})

server.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`))
