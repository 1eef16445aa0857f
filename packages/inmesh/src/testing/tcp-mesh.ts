import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { openMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { meshDirectory } from './mesh-directory.js'

/** A service of which nothing is known but that it is no HTTP, on port 5432, with an endpoint for each port. */
export function tcpService(name: string, ports: readonly number[], more = ''): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 5432, name: tcp, protocol: TCP }]
  endpoints:
${ports.map((port) => `  - { address: 127.0.0.1, ports: { tcp: ${port} } }`).join('\n')}
${more}`
}

/** A mesh that knows the service `db`. */
export async function tcpMesh(
  context: TestContext,
  ports: readonly number[],
  more = '',
  options: MeshOptions = {},
): Promise<Mesh> {
  const config = await meshDirectory(context, { 'db.yaml': tcpService('db', ports, more) })
  const mesh = await openMesh({ namespace: 'shop', config, logLevel: 'silent', ...options }, {})
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return mesh
}

/** A server on a free loopback port that ends with the test. It ends its side of a connection itself, unless `allowHalfOpen` is false. */
export async function tcpServer(
  context: TestContext,
  serve: (socket: Socket) => void,
  allowHalfOpen = true,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
