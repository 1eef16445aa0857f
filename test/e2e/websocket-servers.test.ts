import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import express from 'express'
import Fastify from 'fastify'
import { createMesh, type Mesh } from 'inmesh'
import { Server as SocketServer } from 'socket.io'
import { io } from 'socket.io-client'
import { WebSocket, WebSocketServer } from 'ws'

/** A mesh whose control plane is never reached. */
async function lonelyMesh(context: TestContext): Promise<Mesh> {
  const mesh = await createMesh({ controlPlane: '127.0.0.1:1', logLevel: 'silent' })
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return mesh
}

/** Sends a message and gives the answer. */
async function echo(url: string, text: string): Promise<{ socket: WebSocket; answer: string }> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send(text)
  const [answer] = await once(socket, 'message')
  return { socket, answer: String(answer) }
}

function answerAll(sockets: WebSocketServer): void {
  sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(`echo ${text}`)))
}

for (const http2 of [false, true]) {
  const where = http2 ? 'that takes HTTP/2 too' : 'for HTTP/1.1'
  test(`ws serves on a server ${where}, which cuts its connections at the limit of a drain`, async (context) => {
    const mesh = await lonelyMesh(context)
    const server = await mesh.listen((_request, response) => response.end('plain'), {
      port: 0,
      host: '127.0.0.1',
      http2,
    })
    answerAll(new WebSocketServer({ server }))
    const { port } = server.boundAddress!
    const { socket, answer } = await echo(`ws://127.0.0.1:${port}`, 'one')
    assert.equal(answer, 'echo one')
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'plain')
    const closed = once(socket, 'close')
    await server.drain({ timeoutMs: 50, delayMs: 0 })
    await closed
  })
}

test('an application of Express beside ws that is handed each upgrade', async (context) => {
  const mesh = await lonelyMesh(context)
  const app = express().get('/', (_request, response) => void response.send('express'))
  const server = await mesh.listen(app, { port: 0, host: '127.0.0.1' })
  const sockets = new WebSocketServer({ noServer: true })
  answerAll(sockets)
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request))
  })
  const { port } = server.boundAddress!
  const { socket, answer } = await echo(`ws://127.0.0.1:${port}/chat`, 'two')
  assert.equal(answer, 'echo two')
  assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'express')
  socket.terminate()
})

test('Fastify beside ws on the server that the mesh made for it', async (context) => {
  const mesh = await lonelyMesh(context)
  const app = Fastify({ serverFactory: mesh.serverFactory() })
  app.get('/', async () => ({ from: 'fastify' }))
  answerAll(new WebSocketServer({ server: app.server }))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { socket, answer } = await echo(url.replace('http', 'ws'), 'three')
  assert.equal(answer, 'echo three')
  assert.deepEqual(await (await fetch(url)).json(), { from: 'fastify' })
  socket.terminate()
})

for (const transport of ['polling', 'websocket']) {
  test(`Socket.IO serves by ${transport}`, async (context) => {
    const mesh = await lonelyMesh(context)
    const server = await mesh.listen((_request, response) => response.end(), { port: 0, host: '127.0.0.1' })
    const sockets = new SocketServer(server)
    sockets.on('connection', (socket) => {
      socket.on('question', (text: string, answer: (text: string) => void) => answer(`answer to ${text}`))
    })
    const client = io(`http://127.0.0.1:${server.boundAddress!.port}`, { transports: [transport] })
    context.after(() => client.close())
    assert.equal(await client.emitWithAck('question', 'four'), 'answer to four')
    client.close()
    await sockets.close()
    assert.equal(server.listening, false)
  })
}
