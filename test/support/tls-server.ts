import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2ServerRequest, type SecureServerOptions } from 'node:http2'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { MadeCertificate } from './certificate-maker.js'
import type { TestScope } from './test-process.js'

/** A server that takes HTTP/1.1 and HTTP/2 over TLS, on a free loopback port. It answers with its name, the protocol and what it was asked for. */
export class TlsServer {
  readonly port: number
  /** Names that clients asked for (SNI), one for each connection that came about; empty for none. */
  readonly serverNames: string[]
  /** Requests. */
  requests = 0

  private constructor(port: number, serverNames: string[]) {
    this.port = port
    this.serverNames = serverNames
  }

  static async start(
    scope: TestScope,
    name: string,
    { certificate, key }: MadeCertificate,
    options: SecureServerOptions = {},
  ): Promise<TlsServer> {
    const serverNames: string[] = []
    const parts = { cert: certificate, key, ...options }
    // The server of HTTP/2 offers that whatever it is told.
    const { ALPNProtocols: offered } = options
    const http1 = Array.isArray(offered) && !offered.includes('h2')
    const server = http1 ? createServer(parts) : createSecureServer({ allowHTTP1: true, ...parts })
    const open = new Set<TLSSocket>()
    server.on('secureConnection', (socket: TLSSocket) => {
      serverNames.push(String((socket as { servername?: string | false }).servername || ''))
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    })
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const started = new TlsServer((server.address() as AddressInfo).port, serverNames)
    server.on('request', (request: Http2ServerRequest | IncomingMessage, response: ServerResponse) => {
      started.requests++
      const { httpVersion, method, url } = request
      const authority = 'authority' in request ? request.authority : request.headers.host
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ server: name, httpVersion, method, url, authority }))
    })
    scope.after(async () => {
      server.close()
      for (const socket of open) socket.destroy()
    })
    return started
  }
}

/** A server that speaks no TLS. It keeps what it is sent first, by connection, and hangs up. */
export class PlainServer {
  readonly port: number
  readonly first: Buffer[]

  private constructor(port: number, first: Buffer[]) {
    this.port = port
    this.first = first
  }

  static async start(scope: TestScope): Promise<PlainServer> {
    const first: Buffer[] = []
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (data) => {
        first.push(data)
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    scope.after(async () => {
      server.close()
    })
    return new PlainServer((server.address() as AddressInfo).port, first)
  }
}
