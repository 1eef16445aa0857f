import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A ServiceEntry whose endpoints are the workloads that register, and further ones as given. */
export function serviceEntry(name: string, ports: readonly number[] = []): string {
  const endpoints = ports.map((port) => `\n  - { address: 127.0.0.1, ports: { http: ${port} } }`).join('')
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
${endpoints === '' ? `  workloadSelector: { labels: { app: ${name} } }` : `  endpoints:${endpoints}`}
`
}

/** Writes files into a directory that is removed after the test. */
export async function meshDirectory(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-'))
  context.after(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}
