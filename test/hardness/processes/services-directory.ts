import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Two services on one port of loopback: the one is called by HTTP/1.1, the other by HTTP/2. */
export async function writeServices(directory: string, port: number): Promise<void> {
  const service = (name: string, protocol: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: ${protocol}, protocol: ${protocol.toUpperCase()} }]
  endpoints: [{ address: 127.0.0.1, ports: { ${protocol}: ${port} } }]
`
  await writeFile(join(directory, 'services.yaml'), `${service('reviews', 'http')}---${service('ratings', 'http2')}`)
}
