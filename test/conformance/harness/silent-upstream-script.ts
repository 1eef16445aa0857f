// A process with servers that take connections and say nothing.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type PartSay, serveParts } from './parts.js'
import type { UpstreamParameters } from './upstream.js'

serveParts(async ({ port }: UpstreamParameters, say: PartSay) => {
  const sockets = new Set<Socket>()
  const upstream = createServer((socket) => {
    sockets.add(socket)
    socket.resume().on('error', () => {})
  })
  await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve))
  say({ event: 'listening', port: (upstream.address() as AddressInfo).port })
  const kill = (): void => {
    upstream.close()
    for (const socket of sockets) socket.destroy()
  }
  return { kill, end: kill }
})
