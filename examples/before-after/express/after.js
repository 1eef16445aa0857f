import express from 'express'
import { createMesh } from 'inmesh'

const mesh = await createMesh()
const app = express()

app.get('/products/:id', async (request, response) => {
  const reviews = await mesh.fetch(`http://reviews/reviews/${request.params.id}`)
  response.json({ id: request.params.id, reviews: await reviews.json() })
})

const server = await mesh.listen(app, { port: 0, host: '127.0.0.1' })
console.log(`listening on port ${server.address().port}`)
