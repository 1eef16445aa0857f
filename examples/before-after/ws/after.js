import { once } from 'node:events'
import { createMesh } from 'inmesh'
import { WebSocket } from 'ws'

const mesh = await createMesh()
const agent = mesh.httpAgent()

const server = await mesh.listen(
  async (request, response) => {
    const id = request.url.split('/').at(-1)
    const reviews = new WebSocket('ws://reviews', { agent })
    await once(reviews, 'open')
    reviews.send(`/reviews/${id}`)
    const [found] = await once(reviews, 'message')
    reviews.close()
    response.setHeader('content-type', 'application/json').end(`{"id":"${id}","reviews":${found}}`)
  },
  { port: 0, host: '127.0.0.1' },
)
console.log(`listening on port ${server.address().port}`)
