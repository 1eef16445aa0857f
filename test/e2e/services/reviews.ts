// The reviews: an Express application that owns its server, with the mesh as middleware. It is not registered: it has to be listed.
import type { AddressInfo } from 'node:net'
import { meshExpress } from '@inmesh/express'
import express from 'express'
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'

const mesh = await createMesh()
const app = express()

app.use(meshExpress(mesh))
app.get('/context', async (request, response) => {
  const seen = { server: 'reviews', traceparent: request.get('traceparent'), timeLeftMs: request.mesh?.timeLeftMs }
  const catalog = await mesh.fetch('http://catalog/context')
  response.json({ ...seen, catalog: await catalog.json() })
})

const server = app.listen(0, '127.0.0.1', () => {
  say({ event: 'listening', port: (server.address() as AddressInfo).port })
})
serveCommands({}, () => process.exit())
