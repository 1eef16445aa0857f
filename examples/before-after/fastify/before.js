import Fastify from 'fastify'

const app = Fastify()

app.get('/products/:id', async ({ params }) => {
  const reviews = await fetch(`${process.env.REVIEWS_URL}/reviews/${params.id}`)
  return { id: params.id, reviews: await reviews.json() }
})

await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`listening on port ${app.server.address().port}`)
