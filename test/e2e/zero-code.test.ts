import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { eventually } from '../support/patience.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { marking } from './marking-listener.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const HEADERS = { traceparent: TRACE, 'x-envoy-expected-rq-timeout-ms': '60000' }
const application = new URL('./services/zero-code.js', import.meta.url)
/** An application in CommonJS that calls as soon as it runs, and serves. */
const COMMON = `
const { createServer, get } = require('node:http')
const axios = require('axios')
const url = process.env.CALLS
const say = (line) => console.log(JSON.stringify(line))

get(url, (response) => response.setEncoding('utf8').on('data', (answer) => say({ event: 'called at once', answer })))
const calls = {
  '/': () => fetch(url).then((answer) => answer.text()),
  '/axios': () => axios.get(url, { responseType: 'text' }).then(({ data }) => data),
}
const server = createServer((request, response) => calls[request.url]().then((text) => response.end(text)))
server.listen(0, '127.0.0.1', () => say({ event: 'listening', port: server.address().port }))
`
const CLIENTS = [
  'fetch',
  'undici',
  'http.get',
  'http.get of the module',
  'an agent of its own',
  'no agent',
  'axios',
  'got',
]

async function serving(scope: TestScope, answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  scope.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A service that no name of this machine leads to, and that tells what it saw. */
async function shop(scope: TestScope): Promise<ConfigurationDirectory> {
  const port = await serving(scope, ({ headers }, response) => response.end(JSON.stringify(headers)))
  return ConfigurationDirectory.create(scope, { 'catalog.yaml': entry('catalog', port) })
}

function entry(service: string, port: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${service}, namespace: default }
spec:
  hosts: [${service}.default.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
`
}

type Environment = Readonly<Record<string, string>>

function start(scope: TestScope, flag: string, script: URL, env: Environment, ...args: string[]): TestProcess {
  return TestProcess.program(scope, process.execPath, {
    args: [flag, 'inmesh/register', fileURLToPath(script), ...args],
    env,
  })
}

async function origin(process: TestProcess): Promise<string> {
  return `http://127.0.0.1:${(await process.event('listening')).port}`
}

async function seen(url: string, headers: Environment = HEADERS): Promise<Record<string, string>> {
  return (await (await fetch(url, { headers })).json()) as Record<string, string>
}

for (const way of ['node:http', 'Express', 'Fastify']) {
  test(`an application on ${way} comes into the mesh by its command line, in and out`, async (t) => {
    const config = await shop(t)
    const process = start(t, '--import', application, { INMESH_CONFIG: config.path }, way)
    const url = await origin(process)
    for (const by of way === 'node:http' ? CLIENTS : ['fetch', 'axios']) {
      const passed = await seen(`${url}/call?by=${encodeURIComponent(by)}&url=http://catalog/`)
      assert.equal(passed.host, 'catalog', by)
      assert.equal(passed.traceparent, TRACE, by)
      assert.ok(Number(passed['x-envoy-expected-rq-timeout-ms']) <= 60_000, by)
    }

    await config.write('listener.json', marking(Number(new URL(url).port), '127.0.0.1'))
    const marked = await eventually(
      'the listener of its server is applied',
      () => seen(`${url}/seen`),
      (headers) => headers['x-in'] !== undefined,
    )
    assert.equal(marked['x-in'], 'once')
    const broken = await fetch(`${url}/seen`, { headers: { 'x-break': 'yes' } })
    assert.equal(broken.status, 418)
  })
}

test('a CommonJS application comes into the mesh, with calls made before anything was read', async (t) => {
  const config = await shop(t)
  const folder = await ConfigurationDirectory.inside(t, { 'application.cjs': COMMON })
  for (const flag of ['--require', '--import']) {
    const process = start(t, flag, pathToFileURL(`${folder.path}/application.cjs`), {
      INMESH_CONFIG: config.path,
      CALLS: 'http://catalog/',
    })
    const { answer } = await process.event('called at once')
    assert.equal((JSON.parse(String(answer)) as { host: string }).host, 'catalog')
    const url = await origin(process)
    for (const path of ['/', '/axios']) assert.equal((await seen(url + path)).traceparent, TRACE)
  }
})

test('examples/before-after: the application of before comes into the mesh as it is', async (t) => {
  const port = await serving(t, ({ url }, response) => response.end(JSON.stringify([`review of ${url}`])))
  const config = await ConfigurationDirectory.create(t, { 'reviews.yaml': entry('reviews', port) })
  const script = new URL('../../../examples/before-after/express/before.js', import.meta.url)
  const process = start(t, '--import', script, { INMESH_CONFIG: config.path, REVIEWS_URL: 'http://reviews' })
  // Output is read between two turns of the event loop.
  const written = () =>
    new Promise<string | undefined>((resolve) => setImmediate(() => resolve(/on port (\d+)/.exec(process.output)?.[1])))
  const listening = await eventually('it listens', written, (found) => found !== undefined)
  const product = await fetch(`http://127.0.0.1:${listening}/products/7`)
  assert.deepEqual(await product.json(), { id: '7', reviews: ['review of /reviews/7'] })
})

test('hosts outside the mesh are called as before, by clients with options that no mesh could carry out too', async (t) => {
  const port = await serving(t, (_request, response) => response.end('outside'))
  const config = await shop(t)
  const script = `
    const http = require('node:http')
    const lookup = (host, options, done) => options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
    const agent = new http.Agent({ lookup })
    const ask = () => new Promise((resolve, reject) => {
      http.get('http://elsewhere.example:${port}/', { agent }, (response) => response.on('data', (data) => resolve(String(data)))).on('error', reject)
    })
    const until = async () => { try { console.log(JSON.stringify({ event: 'answer', text: await ask() })) } catch { setImmediate(until) } }
    until()`
  const process = TestProcess.program(t, globalThis.process.execPath, {
    args: ['--require', 'inmesh/register', '--eval', script],
    env: { INMESH_CONFIG: config.path },
  })
  assert.equal((await process.event('answer')).text, 'outside')
  assert.deepEqual(await process.exited, { code: 0, signal: null })
})

test('an application that has nothing more to do ends, mesh or not', async (t) => {
  const process = TestProcess.program(t, globalThis.process.execPath, {
    args: ['--import', 'inmesh/register', '--eval', ''],
    env: { INMESH_CONTROL_PLANE: '127.0.0.1:1', INMESH_READINESS_PORT: '0' },
  })
  assert.equal((await process.exited).code, 1, process.output)
  const idle = TestProcess.program(t, globalThis.process.execPath, {
    args: [
      '--import',
      'inmesh/register',
      '--eval',
      'fetch("http://catalog/").then(({ status }) => console.log(JSON.stringify({ status })))',
    ],
    env: { INMESH_CONTROL_PLANE: '127.0.0.1:1', INMESH_DISCOVERY_TIMEOUT_MS: '50', INMESH_LOG_LEVEL: 'silent' },
  })
  assert.deepEqual(await idle.exited, { code: 0, signal: null }, idle.output)
  assert.deepEqual(idle.lines, [{ status: 503 }])
})

test('a mistake in the configuration ends the process before it serves, with a code, unless the mesh is off', async (t) => {
  const wrong: readonly Environment[] = [
    {},
    { INMESH_CONFIG: '/nowhere/at/all' },
    { INMESH_CONTROL_PLANE: '127.0.0.1:1', INMESH_DRAIN_DELAY_MS: 'soon' },
    { INMESH_CONTROL_PLANE: '127.0.0.1:1', INMESH_INBOUND_PORTS: 'http' },
    { INMESH_BOOTSTRAP: '/nowhere/at/all' },
  ]
  for (const env of wrong) {
    const process = start(t, '--import', application, env)
    assert.deepEqual(await process.exited, { code: 1, signal: null }, JSON.stringify(env))
    assert.match(process.output, /^inmesh\/register: ERR_INMESH_(OPTIONS|CONFIG_FILE|BOOTSTRAP): /m)
    const off = start(t, '--import', application, { ...env, INMESH_MODE: 'off' })
    assert.deepEqual(
      await seen(`${await origin(off)}/seen`, { 'x-envoy-expected-rq-timeout-ms': '1' }).then(
        (headers) => headers['x-envoy-expected-rq-timeout-ms'],
      ),
      '1',
    )
    await off.kill()
  }
})

test('a worker thread makes no mesh of its own unless it is asked to', async (t) => {
  const config = await shop(t)
  const script = `
    const { Worker, isMainThread } = require('node:worker_threads')
    const { registeredMesh } = require('inmesh')
    if (isMainThread) new Worker(__filename)
    else console.log(JSON.stringify({ registered: registeredMesh() !== undefined }))`
  const folder = await ConfigurationDirectory.inside(t, { 'worker.cjs': script })
  for (const [asked, registered] of [
    ['false', false],
    ['true', true],
  ] as const) {
    const process = TestProcess.program(t, globalThis.process.execPath, {
      args: ['--import', 'inmesh/register', `${folder.path}/worker.cjs`],
      env: { INMESH_CONFIG: config.path, INMESH_WORKER_THREADS: asked },
    })
    assert.deepEqual(await process.exited, { code: 0, signal: null }, process.output)
    assert.deepEqual(process.lines, [{ registered }])
  }
})
