import Fastify from 'fastify'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
const app = Fastify({ serverFactory: mesh.serverFactory() })

app.get('/products/:id', async ({ params }) => {
  const reviews = await mesh.fetch(`http://reviews/reviews/${params.id}`)
  return { id: params.id, reviews: await reviews.json() }
})

await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`listening on port ${app.server.address().port}`)
