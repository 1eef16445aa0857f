import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { CertificateMaker } from '../testing/certificate-maker.js'
import { runJob } from '../testing/run-job.js'
import { ScriptedControlPlane } from '../testing/scripted-control-plane.js'
import { fullStateType, textResource } from '../testing/text-resource.js'

test('an open stream does not keep an idle process alive', async () => {
  const controlPlane = new ScriptedControlPlane()
  await controlPlane.start()
  controlPlane.onStream = (stream) => stream.respond(fullStateType().typeUrl, 'v1', [textResource('a', 'one')])
  try {
    assert.deepEqual(await runJob(controlPlane.config.uri, 'told'), { code: 0, output: 'changed one' })
    assert.equal(controlPlane.streams.length, 1)
  } finally {
    controlPlane.stop()
  }
})

test('neither does one over TLS, whose certificates are refreshed', async () => {
  const authority = new CertificateMaker()
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-idle-'))
  await writeFile(join(folder, 'ca.pem'), authority.certificate)
  const controlPlane = new ScriptedControlPlane(authority.make('localhost'))
  await controlPlane.start()
  controlPlane.onStream = (stream) => stream.respond(fullStateType().typeUrl, 'v1', [textResource('a', 'one')])
  try {
    const uri = controlPlane.config.uri.replace('127.0.0.1', 'localhost')
    const end = await runJob(uri, 'told', undefined, join(folder, 'ca.pem'))
    assert.deepEqual(end, { code: 0, output: 'changed one' })
  } finally {
    controlPlane.stop()
    await rm(folder, { recursive: true })
  }
})

test('a control plane that refuses connections does not keep an idle process alive', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  server.close()
  await once(server, 'close')
  assert.deepEqual(await runJob(`127.0.0.1:${address.port}`, 'told'), {
    code: 0,
    output: 'failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE',
  })
})

test('a control plane that accepts and says nothing does not keep an idle process alive', async () => {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  assert.deepEqual(await runJob(`127.0.0.1:${address.port}`, 'nothing'), { code: 0, output: '' })
  server.close()
})

test('a network that swallows connections keeps an idle process alive for the connect timeout only', {
  skip: process.platform !== 'linux' && 'relies on how Linux treats a full accept queue',
}, async () => {
  const script =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))"
  const listener = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(listener.stdout.setEncoding('utf8'), 'data')
  const port = Number(line)
  // Stopped, it accepts nothing; once its queue is full, the kernel drops further attempts.
  listener.kill('SIGSTOP')
  const fillers = Array.from({ length: 16 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  try {
    const end = await runJob(`127.0.0.1:${port}`, 'nothing', 500)
    assert.deepEqual(end, { code: 0, output: 'failed ERR_INMESH_CONTROL_PLANE_UNAVAILABLE' })
    assert.ok(
      fillers.some((filler) => filler.connecting),
      'the queue was full',
    )
  } finally {
    for (const filler of fillers) filler.destroy()
    listener.kill('SIGKILL')
  }
})

test('grpc-js is not loaded by importing the package', async () => {
  const index = new URL('../index.js', import.meta.url).href
  const script = `import { createRequire } from 'node:module'
    await import(${JSON.stringify(index)})
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('grpc-js')).length)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  assert.equal(stdout.trim(), '0')
})
