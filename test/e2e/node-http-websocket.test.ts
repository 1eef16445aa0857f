import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, describe, it } from 'node:test'
import { createMesh, type Mesh, MeshError } from 'inmesh'
import { Server as SocketServer } from 'socket.io'
import { io } from 'socket.io-client'
import { WebSocket, WebSocketServer } from 'ws'
import { suiteScope } from '../support/suite-scope.js'
import { ConfigurationDirectory } from './configuration-directory.js'

describe('WebSocket clients with an agent of the mesh', () => {
  const suite = suiteScope()
  let mesh: Mesh
  let throwing: Mesh

  before(async () => {
    const servers = ['v1', 'v2'].map((version) => echoServer(version))
    const chat = chatServer()
    const ports = await Promise.all([...servers, chat].map(listening))
    suite.after(async () => {
      for (const server of [...servers, chat]) {
        server.close()
        server.closeAllConnections()
      }
    })
    const { path: config } = await ConfigurationDirectory.create(suite, {
      'services.yaml': `${service('v1', ports[0]!)}---\n${service('v2', ports[1]!)}---\n${service('chat', ports[2]!)}`,
      'routes.yaml': routes,
    })
    const options = { config, namespace: 'shop', logLevel: 'silent' } as const
    mesh = await createMesh(options)
    throwing = await createMesh({ ...options, localReply: 'throw' })
    suite.after(() => Promise.all([mesh.close(), throwing.close()]).then(() => {}))
  })

  it('ws is upgraded on both sides of a split, and messages go both ways, small and large', async () => {
    const agent = mesh.httpAgent()
    const versions = new Set<string>()
    for (let call = 0; call < 100 && versions.size < 2; call++) {
      const socket = new WebSocket('ws://v1/split', { agent })
      const [[{ headers }]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
        [IncomingMessage],
        [],
      ]
      versions.add(String(headers['x-version']))
      for (const message of ['hello', 'x'.repeat(call === 0 ? 2_000_000 : 10)]) {
        const heard = once(socket, 'message')
        socket.send(message)
        assert.equal(String((await heard)[0]), message)
      }
      const closed = once(socket, 'close')
      socket.close(4000, 'over')
      const [code, reason] = (await closed) as [number, Buffer]
      assert.deepEqual([code, String(reason)], [4000, 'over'])
    }
    assert.deepEqual([...versions].sort(), ['v1', 'v2'])
  })

  it('ws is told of a response that refuses, of the service or of the mesh', async () => {
    for (const [path, status] of [
      ['/refused', 403],
      ['/nowhere', 404],
      ['/fault', 418],
    ] as const) {
      const socket = new WebSocket(`ws://v1${path}`, { agent: mesh.httpAgent() })
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      assert.equal(response.statusCode, status)
      response.resume()
      await once(response, 'end')
    }
  })

  it('ws fails with the error of the mesh where that is told to throw', async () => {
    const socket = new WebSocket('ws://v1/nowhere', { agent: throwing.httpAgent() })
    const [error] = (await once(socket, 'error')) as [unknown]
    assert.ok(error instanceof MeshError && error.code === 'ERR_INMESH_NO_ROUTE')
  })

  it('ws takes options of the mesh for a call', async () => {
    // Its types do not know that it hands on every option.
    const options = { agent: mesh.httpAgent(), mesh: { timeoutMs: 20 } }
    const socket = new WebSocket('ws://v1/held', options)
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    assert.equal(response.statusCode, 504)
  })

  for (const transport of ['polling', 'websocket']) {
    it(`socket.io works over ${transport}`, async () => {
      // Its types describe the agents of browsers.
      const agent = mesh.httpAgent() as unknown as string
      const socket = io('http://chat', { agent, transports: [transport] })
      socket.emit('say', 'hello')
      const heard = await new Promise((resolve, reject) => {
        socket.on('said', resolve)
        socket.on('connect_error', reject)
      })
      assert.equal(heard, 'hello')
      socket.close()
    })
  }
})

/** Sends back what it gets, and refuses `/refused`. */
function echoServer(version: string): Server {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  sockets.on('headers', (headers) => headers.push(`x-version: ${version}`))
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/held') return
    if (request.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('message', (data, binary) => opened.send(data, { binary }))
    })
  })
  return server
}

function chatServer(): Server {
  const server = createServer()
  new SocketServer(server).on('connection', (socket) => {
    socket.on('say', (text: string) => socket.emit('said', text))
  })
  return server
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function service(name: string, port: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
`
}

const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: v1, namespace: shop }
spec:
  hosts: [v1]
  http:
  - match: [{ uri: { exact: /split } }]
    route:
    - { destination: { host: v1 }, weight: 50 }
    - { destination: { host: v2 }, weight: 50 }
  - match: [{ uri: { exact: /refused } }, { uri: { exact: /held } }]
    route: [{ destination: { host: v1 } }]
  - match: [{ uri: { exact: /fault } }]
    fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
    route: [{ destination: { host: v1 } }]
`
