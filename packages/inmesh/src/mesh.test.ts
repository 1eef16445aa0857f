import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Agent, request } from 'undici'
import { openMesh } from './create-mesh.js'
import type { Mesh } from './mesh.js'
import type { MeshOptions } from './options/mesh-options.js'
import { meshDirectory, serviceEntry } from './testing/mesh-directory.js'
import { RecordingLogger } from './testing/recording-logger.js'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function mesh(context: TestContext, options: MeshOptions): Promise<Mesh> {
  const made = await openMesh({ namespace: 'shop', logLevel: 'silent', ...options }, {})
  context.after(() => made.close({ timeoutMs: 1 }))
  return made
}

async function unused(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function url(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a mesh with a directory', () => {
  test('carries calls between two meshes in one process, with deadline and trace through both', async (context) => {
    const config = await meshDirectory(context, {
      'details.yaml': serviceEntry('details'),
      'front.yaml': serviceEntry('front'),
    })
    const details = await mesh(context, { config, service: 'details' })
    const detailsServer = await details.listen(
      (request, response) => {
        response.end(JSON.stringify({ left: request.mesh.timeLeftMs, trace: request.mesh.traceparent }))
      },
      { port: 0, host: '127.0.0.1' },
    )
    const port = (detailsServer.address() as AddressInfo).port
    const files = await meshDirectory(context, { 'details.yaml': serviceEntry('details', [port]) })
    const front = await mesh(context, { config: files, service: 'front' })
    await front.ready()
    const frontServer = await front.listen(
      (_request, response) => {
        setTimeout(async () => {
          const call = await front.fetch('http://details.shop/', { mesh: { timeoutMs: 60_000 } })
          response.end(await call.text())
        }, 1)
      },
      { port: 0, host: '127.0.0.1' },
    )
    const headers = { 'x-envoy-expected-rq-timeout-ms': '5000', traceparent: TRACE }
    const seen = JSON.parse(await (await fetch(url(frontServer), { headers })).text())
    assert.equal(seen.trace, TRACE)
    assert.ok(seen.left > 0 && seen.left <= 5000, `the inbound limit is the smaller one, ${seen.left} ms were left`)
  })

  test('counts its own servers in while they listen', async (context) => {
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
    const tested = await mesh(context, { config, service: 'reviews' })
    const server = await tested.listen((_request, response) => response.end('own'), { port: 0, host: '127.0.0.1' })
    assert.equal(await (await tested.fetch('http://reviews/')).text(), 'own')
    await server.drain()
    assert.equal((await tested.fetch('http://reviews/')).status, 503)
  })

  test('loses no request when one of its servers is drained under load', async (context) => {
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
    const tested = await mesh(context, { config, service: 'reviews' })
    const [leaving, staying] = await Promise.all(
      ['leaving', 'staying'].map((name) =>
        tested.listen((_request, response) => response.end(name), { port: 0, host: '127.0.0.1' }),
      ),
    )
    const seen = new Set<string>()
    let drained = false
    const callers = Array.from({ length: 8 }, async () => {
      while (!drained) {
        const response = await tested.fetch('http://reviews/')
        assert.equal(response.status, 200)
        seen.add(await response.text())
      }
    })
    while (seen.size < 2) await new Promise(setImmediate)
    await leaving!.drain()
    drained = true
    await Promise.all(callers)
    assert.equal(await (await tested.fetch('http://reviews/')).text(), 'staying')
    assert.equal(staying!.listening, true)
  })

  test('follows its files', async (context) => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const server = createServer((_request, response) => response.end(name)).listen(0, '127.0.0.1')
        await once(server, 'listening')
        context.after(() => server.close())
        return (server.address() as AddressInfo).port
      }),
    )
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [one!]) })
    const tested = await mesh(context, { config })
    assert.equal(await (await tested.fetch('http://reviews.shop/')).text(), 'one')
    await writeFile(join(config, 'reviews.yaml'), serviceEntry('reviews', [other!]))
    for (let body = 'one'; body !== 'other'; ) {
      body = await (await tested.fetch('http://reviews.shop/')).text()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

  test('keeps the last good files when a new one is wrong, and says where', async (context) => {
    const server = createServer((_request, response) => response.end('good')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    context.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews', [port]) })
    const logger = new RecordingLogger()
    const tested = await mesh(context, { config, logger })
    await writeFile(join(config, 'reviews.yaml'), 'kind: Nonsense\n')
    while (!logger.lines.some((line) => line.startsWith('warn: ') && line.includes('reviews.yaml'))) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.equal(await (await tested.fetch('http://reviews.shop/')).text(), 'good')
  })

  test('is not made when a file is wrong', async (context) => {
    const config = await meshDirectory(context, { 'a.yaml': 'kind: Nonsense\n', 'b.yaml': 'kind: Other\n' })
    await assert.rejects(mesh(context, { config }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_INMESH_CONFIG_FILE')
      for (const file of ['a.yaml', 'b.yaml']) assert.ok(error.message.includes(file), error.message)
      return true
    })
  })
})

describe('a mesh with a control plane', () => {
  test('is made although the control plane is out of reach, and ready() says so', async (context) => {
    const tested = await mesh(context, { controlPlane: `127.0.0.1:${await unused()}` })
    const wait = (): Promise<Error & { code?: string }> =>
      tested.ready({ timeoutMs: 300 }).then(
        () => assert.fail('nobody is there'),
        (reason) => reason,
      )
    let error = await wait()
    // On a busy machine the first attempt to connect may still be under way.
    while (error.cause === undefined) error = await wait()
    assert.equal(error.code, 'ERR_INMESH_NOT_READY')
    assert.match(error.message, /control plane 127\.0\.0\.1:\d+ has not answered/)
    assert.equal((error.cause as { code?: string }).code, 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE')
  })

  test('is refused when its bootstrap is wrong, and the error names the field', async (context) => {
    const bootstrap = { xds_servers: [{ server_uri: 'localhost:1' }] }
    await assert.rejects(mesh(context, { bootstrap }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_INMESH_BOOTSTRAP')
      assert.match(error.message, /option bootstrap: xds_servers\[0\]\.channel_creds/)
      return true
    })
  })
})

describe('close', () => {
  test('ends requests in flight, which can still make calls, and then refuses everything', async (context) => {
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
    const upstream = createServer((_request, response) => response.end('reached')).listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    context.after(() => upstream.close())
    const tested = await mesh(context, { config })
    let arrived!: () => void
    let release!: () => void
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const server = await tested.listen(
      async (_request, response) => {
        arrived()
        await released
        response.end(await (await tested.fetch(url(upstream))).text())
      },
      { port: 0, host: '127.0.0.1' },
    )
    const call = fetch(url(server))
    await arrival
    const closing = tested.close()
    assert.equal(tested.close({ timeoutMs: 1 }), closing)
    release()
    const response = await call
    assert.equal(await response.text(), 'reached')
    assert.equal(response.headers.get('connection'), 'close')
    await closing
    await assert.rejects(tested.fetch(url(upstream)))
    await assert.rejects(
      tested.listen(() => {}, { port: 0 }),
      { code: 'ERR_INMESH_CLOSED' },
    )
    await assert.rejects(tested.ready(), { code: 'ERR_INMESH_CLOSED' })
    assert.throws(() => tested.createServer(), { code: 'ERR_INMESH_CLOSED' })
  })

  test('flushes telemetry when the last request is over, in the time that is left', async (context) => {
    const config = await meshDirectory(context, {})
    const logger = new RecordingLogger()
    const tested = await mesh(context, { config, logger })
    const server = await tested.listen((_request, response) => response.write('begun'), { port: 0, host: '127.0.0.1' })
    const response = await fetch(url(server))
    const seen: [string, number, number][] = []
    tested.onFlush((timeoutMs) => seen.push(['flushed', timeoutMs, server.inFlight]))
    tested.onFlush(() => Promise.reject(new Error('no collector')))
    await tested.close({ timeoutMs: 1000 })
    await assert.rejects(response.text())
    const [[what, timeoutMs, inFlight] = assert.fail('not flushed'), ...others] = seen
    assert.deepEqual([what, inFlight, others], ['flushed', 0, []])
    assert.ok(timeoutMs > 0 && timeoutMs <= 100, `${timeoutMs} ms were left after the request was cut`)
    assert.deepEqual(logger.lines, ['warn: telemetry could not be flushed: no collector'])
    assert.throws(() => tested.onFlush(() => {}), { code: 'ERR_INMESH_CLOSED' })
  })

  test('cuts what does not end in time', async (context) => {
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
    const tested = await mesh(context, { config })
    const server = await tested.listen(
      async (_request, response) => {
        response.flushHeaders()
        response.write('begun')
      },
      { port: 0, host: '127.0.0.1' },
    )
    const response = await fetch(url(server))
    await tested.close({ timeoutMs: 20 })
    await assert.rejects(response.text())
  })

  test('ends a wait for readiness', async (context) => {
    const tested = await mesh(context, { controlPlane: `127.0.0.1:${await unused()}` })
    const waiting = assert.rejects(tested.ready({ timeoutMs: 60_000 }), { code: 'ERR_INMESH_CLOSED' })
    await tested.close()
    await waiting
  })

  test('ends the following of asynchronous calls, for which Node would keep the mesh and slow down everything', async (context) => {
    const config = await meshDirectory(context, {})
    const tested = await mesh(context, { config })
    const captured = { version: 1, traceparent: TRACE } as const
    await tested.context.restore(captured, async () => {
      assert.equal(tested.context.current()?.traceparent, TRACE)
      await tested.close()
      assert.equal(tested.context.current(), undefined)
    })
    assert.ok(
      tested.context.restore(captured, () => tested.context.current()),
      'work that is left can still be run',
    )
  })

  test('comes at the end of an await using block', async (context) => {
    const config = await meshDirectory(context, { 'reviews.yaml': serviceEntry('reviews') })
    let server: Server
    {
      await using tested = await openMesh({ config }, {})
      server = await tested.listen((_request, response) => response.end(), { port: 0, host: '127.0.0.1' })
      assert.equal(server.listening, true)
    }
    assert.equal(server.listening, false)
  })
})

describe('a mesh that is switched off', () => {
  test('passes calls and requests on as they are', async (context) => {
    const tested = await mesh(context, { mode: 'off', service: 'reviews', controlPlane: '127.0.0.1:1' })
    await tested.ready({ timeoutMs: 1 })
    assert.deepEqual(tested.unsupported(), [])
    const server = await tested.listen(
      async (request, response) => {
        assert.equal(tested.context.current(), undefined)
        assert.equal(request.mesh.timeLeftMs, undefined)
        response.end(JSON.stringify(request.headers))
      },
      { port: 0, host: '127.0.0.1' },
    )
    const headers = { 'x-envoy-expected-rq-timeout-ms': '7', traceparent: TRACE }
    const seen = (await (await tested.fetch(url(server), { headers, mesh: { timeoutMs: 1 } })).json()) as Record<
      string,
      string
    >
    assert.equal(seen['x-envoy-expected-rq-timeout-ms'], '7')
    assert.equal(seen.traceparent, TRACE)
    assert.ok(tested.dispatcher() instanceof Agent)
    const { statusCode } = await request(url(server), { dispatcher: tested.dispatcher() })
    assert.equal(statusCode, 200)
    await tested.close()
    assert.equal(server.listening, false)
  })

  test('is what an operator makes of any mesh by INMESH_MODE=off', async () => {
    const tested = await openMesh({ controlPlane: '127.0.0.1:1' }, { INMESH_MODE: 'off' })
    assert.ok(tested.dispatcher() instanceof Agent)
    await tested.close()
  })
})
