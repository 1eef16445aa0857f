import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A configuration directory of a test. */
export class MeshFiles {
  /** Its path. */
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes one that goes with the test. */
  static async create(context: TestContext, files: Readonly<Record<string, string>> = {}): Promise<MeshFiles> {
    const directory = new MeshFiles(await mkdtemp(join(tmpdir(), 'inmesh-control-plane-')))
    context.after(() => rm(directory.path, { recursive: true }))
    for (const [name, text] of Object.entries(files)) await directory.write(name, text)
    return directory
  }

  /** Path of a file of it. */
  file(name: string): string {
    return join(this.path, name)
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.file(name), text)
  }

  async remove(name: string): Promise<void> {
    await rm(this.file(name))
  }
}

/** A service in namespace `shop` with endpoints. */
export function serviceText(name: string, endpoints: readonly string[], number = 80): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}]
  resolution: STATIC
  ports: [{ name: http, number: ${number} }]
  endpoints: [${endpoints.map((address) => `{ address: ${address} }`).join(', ')}]
`
}

/** Routes of the service `catalog` in namespace `shop` that end after `timeout`. */
export function routeText(timeout: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http: [{ timeout: ${timeout}, route: [{ destination: { host: catalog } }] }]
`
}

/** How endpoints of the service `catalog` in namespace `shop` are chosen. */
export function balancerText(simple: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: catalog, namespace: shop }
spec: { host: catalog, trafficPolicy: { loadBalancer: { simple: ${simple} } } }
`
}
