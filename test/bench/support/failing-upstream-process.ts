import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'

/** What a replica is told to suffer from; its process may be killed or stopped beside. */
export type Fault = 'reset' | 'slow-reader' | 'half-open' | 'black-hole' | 'goaway'

const [, , protocol] = process.argv
const sockets = new Set<Socket>()
const sessions = new Set<ServerHttp2Session>()
let fault: Fault | undefined

const server = protocol === 'http2' ? http2Server() : httpServer()
server.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  if (fault === 'reset') socket.resetAndDestroy()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send!((server.address() as AddressInfo).port)
process.on('message', (told: Fault) => {
  fault = told
  if (told === 'reset') for (const socket of sockets) socket.resetAndDestroy()
  // New connections go there, unlike those of a half-open peer.
  else if (told === 'black-hole') for (const socket of sockets) socket.destroy()
  else if (told === 'goaway') for (const session of sessions) leave(session)
})
process.once('disconnect', () => process.exit())

function httpServer(): Server {
  const made = createServer(answer)
  made.keepAliveTimeout = 60_000
  return made
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'half-open' || fault === 'black-hole') return
  if (fault === 'slow-reader' && request.method === 'PUT') return
  request.resume().on('end', () => response.end('well'))
}

function http2Server(): Server {
  const made = createHttp2Server()
  made.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session)).on('error', () => {})
    // A storm: each connection is told to go after a few requests.
    let left = 5
    session.on('stream', () => {
      left -= 1
      // Not from within the parser, which would not count this request yet and then answer it.
      if (fault === 'goaway' && left === 0) setImmediate(() => leave(session))
    })
  })
  made.on('stream', (stream) => {
    stream.on('error', () => {})
    stream.resume().on('end', () => {
      if (stream.destroyed) return
      stream.respond({ ':status': 200 })
      stream.end('well')
    })
  })
  return made
}

/** GOAWAY first and the end later: see packages/http, server/http2-sessions.ts. */
function leave(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return
  session.goaway()
  setImmediate(() => session.close())
}
