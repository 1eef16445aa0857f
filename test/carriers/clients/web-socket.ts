import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable, Writable } from 'node:stream'
import type { Mesh } from 'inmesh'
import { WebSocket as UndiciWebSocket } from 'undici'
import { createWebSocketStream, WebSocket } from 'ws'
import type { Answer, Carrier } from '../carrier.js'

/** What tells that a WebSocket of a browser's kind did not open: its event says no more. */
export const NOT_OPENED = 'the event error'

const ws: Carrier = {
  name: 'ws',
  kind: 'upgrade',
  async open(mesh, url, { headers, signal, timeoutMs, follow } = {}) {
    // Its types do not know that it hands on every option.
    const options = {
      agent: mesh.httpAgent(),
      ...(headers && { headers }),
      ...(follow === true && { followRedirects: true }),
      ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
    }
    const socket = new WebSocket(url.replace(/^http/, 'ws'), options)
    signal?.addEventListener('abort', () => socket.terminate())
    const stream = createWebSocketStream(socket)
    stream.on('error', () => {})
    const upgraded = once(socket, 'upgrade').then(([response]) => ({ response: response as IncomingMessage }))
    const refused = new Promise<Answer>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
        resolve({ status: response.statusCode!, headers: response.headers, body: response, handle: response })
      })
    })
    const opened = await Promise.race([upgraded, refused])
    if (!('response' in opened)) return opened
    const { response } = opened
    return {
      status: response.statusCode!,
      headers: response.headers,
      body: stream,
      handle: response,
      sink: stream,
      close: () => socket.terminate(),
    }
  },
}

type BrowserSocket = InstanceType<typeof UndiciWebSocket>

/** A WebSocket as in browsers. */
function webSocket(
  name: string,
  make: (mesh: Mesh, url: string, headers: Record<string, string>) => BrowserSocket,
): Carrier {
  return {
    name,
    kind: 'upgrade',
    async open(mesh, url, { headers = {}, signal } = {}) {
      const socket = make(mesh, url.replace(/^http/, 'ws'), headers)
      socket.binaryType = 'arraybuffer'
      const body = new Readable({ read() {} })
      socket.addEventListener('message', ({ data }) =>
        body.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer)),
      )
      socket.addEventListener('close', () => body.push(null))
      signal?.addEventListener('abort', () => socket.close())
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener('open', () => resolve())
        socket.addEventListener('error', () =>
          reject(Object.assign(new Error('it did not open'), { code: NOT_OPENED })),
        )
      })
      return {
        status: 101,
        headers: undefined,
        body,
        handle: undefined,
        sink: new Writable({
          write(bytes: Buffer, _encoding, done) {
            socket.send(bytes)
            done()
          },
        }),
        close: () => socket.close(),
      }
    },
  }
}

/** Node has it from version 22 on. */
const BuiltIn = (globalThis as { WebSocket?: typeof UndiciWebSocket }).WebSocket

function builtIn(mesh: Mesh, url: string, headers: Record<string, string>): BrowserSocket {
  const uninstall = mesh.installGlobal()
  try {
    return new BuiltIn!(url, { headers })
  } finally {
    uninstall()
  }
}

export const webSocketCarriers: readonly Carrier[] = [
  ws,
  webSocket('undici WebSocket', (mesh, url, headers) => {
    return new UndiciWebSocket(url, { dispatcher: mesh.dispatcher(), headers })
  }),
  {
    ...webSocket('WebSocket, installGlobal', builtIn),
    missing: BuiltIn === undefined ? 'WebSocket is built into Node from version 22 on' : undefined,
  },
]
