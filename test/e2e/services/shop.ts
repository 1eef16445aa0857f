// The shop front: Express on a server of the mesh. It asks the catalog, and the reviews, which ask the catalog in turn.
import express from 'express'
import { createMesh, type MeshIncomingMessage } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'

const mesh = await createMesh()
const app = express()

app.get('/products', async (_request, response) => {
  const answer = await mesh.fetch('http://catalog/products')
  response
    .status(answer.status)
    .type('json')
    .send(await answer.text())
})
app.get('/context', async (request, response) => {
  const { timeLeftMs, traceparent } = (request as unknown as MeshIncomingMessage).mesh
  const [catalog, reviews] = await Promise.all([
    mesh.fetch('http://catalog/context').then((answer) => answer.json()),
    mesh.fetch('http://reviews/context').then((answer) => answer.json()),
  ])
  response.json({ server: 'shop', traceparent, timeLeftMs, catalog, reviews })
})

const server = await mesh.listen(app, { host: '127.0.0.1', port: 0 })
serveCommands({}, () => process.exit())
say({ event: 'listening', port: server.boundAddress?.port })
