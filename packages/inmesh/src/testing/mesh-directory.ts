import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A ServiceEntry whose endpoints are the workloads that register, or those at the ports given, perhaps each in a locality. */
export function serviceEntry(
  name: string,
  ports: readonly (number | readonly [port: number, locality: string])[] = [],
): string {
  const endpoints = ports.map((at) => `\n  - ${typeof at === 'number' ? workload(at) : workload(...at)}`).join('')
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

function workload(port: number, locality?: string): string {
  const place = locality === undefined ? '' : `, locality: ${locality}`
  return `{ address: 127.0.0.1, ports: { http: ${port} }${place} }`
}

/** Writes files into a directory that is removed after the test. */
export async function meshDirectory(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-'))
  context.after(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}
