import express from 'express'

const app = express()

app.get('/products/:id', async (request, response) => {
  const reviews = await fetch(`${process.env.REVIEWS_URL}/reviews/${request.params.id}`)
  response.json({ id: request.params.id, reviews: await reviews.json() })
})

const server = app.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`))
