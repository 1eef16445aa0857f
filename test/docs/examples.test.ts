import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { ControlPlane } from '../e2e/control-plane.js'
import { OtlpReceiver } from '../support/otlp-receiver.js'
import { eventually } from '../support/patience.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import { ROOT } from './markdown.js'

const README_PORT = '15010'

/** A copy of a script of examples/hello that uses a free port; it lies in this workspace, so that its imports are found. */
function onPort(scope: TestScope, script: string, port: number): URL {
  const folder = join(ROOT, 'test', 'dist', `hello-${process.pid}`)
  scope.after(async () => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  const text = readFileSync(join(ROOT, 'examples', 'hello', script), 'utf8')
  assert.ok(text.includes(README_PORT))
  writeFileSync(join(folder, script), text.replaceAll(README_PORT, String(port)))
  return pathToFileURL(join(folder, script))
}

test('examples/hello: a service registers itself, a client finds it, and both end when asked', async (scope) => {
  const controlPlane = await ControlPlane.start(scope, join(ROOT, 'examples', 'hello', 'mesh'))
  const service = TestProcess.node(scope, onPort(scope, 'service.js', controlPlane.port))
  await controlPlane.process.event('workload-registered')
  const client = TestProcess.node(scope, onPort(scope, 'client.js', controlPlane.port))
  assert.deepEqual(await client.exited, { code: 0, signal: null }, client.output)
  assert.equal(
    client.output.match(new RegExp(`^200 hello from process ${service.pid}$`, 'gm'))?.length,
    4,
    client.output,
  )
  service.signal('SIGINT')
  assert.deepEqual(await service.exited, { code: 0, signal: null }, service.output)
})

test('examples/hello: a breaker takes calls away from a service that is down', async (scope) => {
  const controlPlane = await ControlPlane.start(scope, join(ROOT, 'examples', 'hello', 'mesh'))
  const client = TestProcess.node(scope, onPort(scope, 'breaker.js', controlPlane.port))
  assert.deepEqual(await client.exited, { code: 0, signal: null }, client.output)
  const states = [...client.output.matchAll(/^(\w+): hello from memory$/gm)].map(([, state]) => state)
  assert.deepEqual(states, ['closed', 'closed', 'open', 'open'], client.output)
  assert.match(client.output, /^hello fails/m)
})

test('examples/hello: with the off switch the service serves without a mesh', async (scope) => {
  const service = TestProcess.node(scope, onPort(scope, 'service.js', 1), { env: { INMESH_MODE: 'off' } })
  const port = await eventually(
    'the service listens',
    // A turn of the event loop for each attempt: output is read in between.
    () =>
      new Promise<string | undefined>((resolve) =>
        setImmediate(() => resolve(/on port (\d+)/.exec(service.output)?.[1])),
      ),
    (found) => found !== undefined,
  )
  const response = await fetch(`http://127.0.0.1:${port}/`)
  assert.equal(await response.text(), `hello from process ${service.pid}\n`)
})

test('examples/hello: a job is carried out for the request that asked for it', async (scope) => {
  const controlPlane = await ControlPlane.start(scope, join(ROOT, 'examples', 'hello', 'mesh'))
  TestProcess.node(scope, onPort(scope, 'service.js', controlPlane.port))
  await controlPlane.process.event('workload-registered')
  const jobs = TestProcess.node(scope, onPort(scope, 'jobs.js', controlPlane.port))
  // Pauses, as what it waits for is computed on the same machine.
  const written = (pattern: RegExp) => async () => {
    await setTimeout(10)
    return pattern.exec(jobs.output)?.[1]
  }
  const port = await eventually('it listens', written(/on port (\d+)/), (found) => found !== undefined)
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const { status } = await fetch(`http://127.0.0.1:${port}/greet`, { headers: { traceparent: trace } })
  assert.equal(status, 202)
  const done = await eventually(
    'the job is done',
    written(/^\/greet: done with (.*)$/m),
    (found) => found !== undefined,
  )
  assert.equal(done, `200, trace ${trace}`)
  assert.match(jobs.output, new RegExp(`^/greet: taken, trace ${trace}$`, 'm'))
  jobs.signal('SIGINT')
  assert.deepEqual(await jobs.exited, { code: 0, signal: null }, jobs.output)
})

test('examples/hello: a traced service sends the spans of its requests, calls and own work as one trace', async (scope) => {
  const receiver = await OtlpReceiver.start(scope)
  const controlPlane = await ControlPlane.start(scope, join(ROOT, 'examples', 'hello', 'mesh'))
  TestProcess.node(scope, onPort(scope, 'service.js', controlPlane.port))
  await controlPlane.process.event('workload-registered')
  const env = { ...receiver.environment, OTEL_BSP_SCHEDULE_DELAY: '600000' }
  const traced = TestProcess.node(scope, onPort(scope, 'traced.js', controlPlane.port), { env })
  const listening = async () => {
    await setTimeout(10)
    return /on port (\d+)/.exec(traced.output)?.[1]
  }
  const port = await eventually('it listens', listening, (found) => found !== undefined)
  await (await fetch(`http://127.0.0.1:${port}/`, { headers: { 'accept-language': 'eo' } })).text()
  traced.signal('SIGINT')
  assert.deepEqual(await traced.exited, { code: 0, signal: null }, traced.output)
  const titles = receiver.spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`)
  assert.deepEqual(titles.sort(), ['greeter client GET', 'greeter internal ask', 'greeter server GET'])
  const [call, work, request] = ['client', 'internal', 'server'].map((kind) =>
    receiver.spans.find((span) => span.kind === kind),
  )
  assert.deepEqual([call!.parentSpanId, work!.parentSpanId], [work!.spanId, request!.spanId])
  assert.equal(request!.attributes['greeter.language'], 'eo')
})

for (const framework of ['express', 'fastify', 'axios', 'got', 'node-http', 'ws']) {
  test(`examples/before-after: ${framework} answers the same in the mesh as before`, async (scope) => {
    const script = pathToFileURL(join(ROOT, 'examples', 'before-after', 'compare.js'))
    const compare = TestProcess.node(scope, script, { args: [framework] })
    assert.deepEqual(await compare.exited, { code: 0, signal: null }, compare.output)
    const [, before, after] = /^before: (.*)\nafter: {2}(.*)$/m.exec(compare.output) ?? []
    assert.equal(before, '{"id":"7","reviews":["review of /reviews/7"]}', compare.output)
    assert.equal(after, before)
  })
}
