import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigurationDirectory } from '../e2e/configuration-directory.js'
import { ControlPlane } from '../e2e/control-plane.js'
import { eventually } from '../support/patience.js'
import { TestProcess } from '../support/test-process.js'
import { pageText, ROOT } from './markdown.js'

const FOLDER = join(ROOT, 'examples', 'kubernetes')

interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly labels?: Readonly<Record<string, string>>
}

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } }
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly command: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly env: readonly Variable[]
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly spec: {
    readonly selector: Readonly<Record<string, unknown>>
    readonly ports: readonly { readonly port: number; readonly targetPort: string }[]
    readonly template: {
      readonly metadata: Metadata
      readonly spec: {
        readonly serviceAccountName: string
        readonly terminationGracePeriodSeconds: number
        readonly containers: readonly [Container]
        readonly volumes: readonly {
          readonly name: string
          readonly downwardAPI: { readonly items: readonly { readonly path: string }[] }
        }[]
      }
    }
  }
}

/** The reader of YAML that configuration is read with. */
const { parseAllDocuments } = createRequire(fileURLToPath(import.meta.resolve('@inmesh/istio')))('yaml') as {
  parseAllDocuments(text: string): readonly { readonly errors: readonly Error[]; toJS(): Manifest }[]
}

const manifests = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')))
  .map((document) => {
    assert.deepEqual(document.errors, [])
    return document.toJS()
  })

function only(kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind)
  assert.equal(found.length, 1, kind)
  return found[0]!
}

const [account, service, deployment] = ['ServiceAccount', 'Service', 'Deployment'].map(only) as [
  Manifest,
  Manifest,
  Manifest,
]
const { template } = deployment.spec
const [container] = template.spec.containers
const values = new Map(container.env.map(({ name, value }) => [name, value]))

function portNamed(name: string): number {
  const port = container.ports.find((each) => each.name === name)
  assert.ok(port !== undefined, name)
  return port.containerPort
}

test('examples/kubernetes: names, labels and ports of the manifests fit each other', () => {
  for (const { metadata } of manifests) assert.deepEqual([metadata.name, metadata.namespace], ['reviews', 'shop'])
  assert.equal(template.spec.serviceAccountName, account.metadata.name)
  const { labels = {} } = template.metadata
  const { matchLabels } = deployment.spec.selector as { matchLabels: Record<string, string> }
  for (const [key, value] of [...Object.entries(matchLabels), ...Object.entries(service.spec.selector)]) {
    assert.equal(labels[key], value, key)
  }
  const [port] = service.spec.ports
  assert.equal(portNamed(port!.targetPort), port!.port)
  assert.equal(values.get('INMESH_INBOUND_PORTS'), String(portNamed('http')))
  assert.equal(values.get('INMESH_SERVICE'), service.metadata.name)
})

test('examples/kubernetes: probes ask the ports and paths that answer them, and there is time to drain', () => {
  const { readinessProbe, livenessProbe } = container
  assert.equal(readinessProbe.httpGet.path, '/ready')
  assert.equal(String(portNamed(readinessProbe.httpGet.port)), values.get('INMESH_READINESS_PORT'))
  assert.equal(livenessProbe.httpGet.path, values.get('INMESH_EXEMPT_PATHS'))
  assert.equal(livenessProbe.httpGet.port, 'http')
  assert.ok(template.spec.terminationGracePeriodSeconds * 1000 > 25_000 + Number(values.get('INMESH_DRAIN_DELAY_MS')))
})

test('examples/kubernetes: every variable of the mesh exists, and the pod is told of where the mesh looks for it', () => {
  const known = new Set([...pageText('docs/configuration.md').matchAll(/`(INMESH_[A-Z_]+)`/g)].map(([, name]) => name))
  for (const { name } of container.env) if (name.startsWith('INMESH_')) assert.ok(known.has(name), name)
  const fields = new Map(container.env.map(({ name, valueFrom }) => [name, valueFrom?.fieldRef.fieldPath]))
  assert.deepEqual(
    ['POD_NAME', 'POD_NAMESPACE', 'INSTANCE_IP', 'SERVICE_ACCOUNT'].map((name) => fields.get(name)),
    ['metadata.name', 'metadata.namespace', 'status.podIP', 'spec.serviceAccountName'],
  )
  const [volume] = template.spec.volumes
  assert.ok(volume!.downwardAPI.items.some(({ path }) => path === 'labels'))
  assert.deepEqual(container.volumeMounts, [{ name: volume!.name, mountPath: '/etc/istio/pod' }])
  const image = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8')
  assert.ok(image.includes(`CMD ${JSON.stringify(container.command).replaceAll(',', ', ')}`))
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('examples/kubernetes: the command of the container runs, becomes ready, and ends at SIGTERM', async (t) => {
  const configuration = await ConfigurationDirectory.create(t, {})
  const controlPlane = await ControlPlane.start(t, configuration.path)
  const [port, readiness] = [await freePort(), await freePort()]
  const pod = { POD_NAME: 'reviews-1', POD_NAMESPACE: 'shop', INSTANCE_IP: '127.0.0.1', SERVICE_ACCOUNT: 'reviews' }
  const env = {
    ...Object.fromEntries([...values].filter(([, value]) => value !== undefined)),
    ...pod,
    PORT: String(port),
    INMESH_CONTROL_PLANE: controlPlane.address,
    INMESH_READINESS_PORT: String(readiness),
    INMESH_INBOUND_PORTS: String(port),
    INMESH_DRAIN_DELAY_MS: '1',
    INMESH_SIDECAR: 'absent',
  }
  const [, ...args] = container.command.map((word) =>
    word === 'server.js' ? fileURLToPath(pathToFileURL(join(FOLDER, word))) : word,
  )
  const process = TestProcess.program(t, globalThis.process.execPath, { args, env })
  const status = (url: string) =>
    fetch(url).then(
      (response) => response.status,
      () => 0,
    )
  await eventually(
    'it is ready',
    () => status(`http://127.0.0.1:${readiness}/ready`),
    (found) => found === 200,
  )
  assert.equal(await status(`http://127.0.0.1:${port}${container.livenessProbe.httpGet.path}`), 200)
  process.signal('SIGTERM')
  assert.deepEqual(await process.exited, { code: null, signal: 'SIGTERM' }, process.output)
})
