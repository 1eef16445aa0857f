// A front that works on after its first await, and after its response: Express on a server of the mesh.
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'

const mesh = await createMesh()
const app = express()
const products = async () => (await mesh.fetch('http://catalog/products')).text()

app.get('/orders/:id', async (_request, response) => {
  await sleep(5)
  setTimeout(async () => {
    const text = await products()
    void mesh.detached(async () => {
      await sleep(5)
      await mesh.fetch('http://catalog/context')
      say({ event: 'noted' })
    })
    response.send(text)
  }, 5)
})

const server = await mesh.listen(app, { host: '127.0.0.1', port: 0 })
serveCommands({ close: () => mesh.close() }, () => process.exit())
say({ event: 'listening', port: server.boundAddress?.port })
