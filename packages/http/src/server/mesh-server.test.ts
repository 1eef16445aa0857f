import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { listen } from './listen.js'
import type { MeshServer } from './mesh-server.js'
import { bare, deferred, keptConnection, send, serve, start } from './testing/inbound-fixture.js'

describe('a drain', () => {
  test('lets a request in flight end, says connection: close, and refuses new connections', async (context) => {
    const arrived = deferred()
    const release = deferred()
    const { server, port } = await serve(context, () => async (_request, response) => {
      arrived.resolve()
      await release.promise
      response.end('complete')
    })
    const agent = keptConnection()
    const { reply } = start(port, { agent })
    await arrived.promise
    assert.equal(server.inFlight, 1)
    const drained = server.drain()
    await assert.rejects(send(port), { code: 'ECONNREFUSED' })
    release.resolve()
    const { body, headers } = await reply
    assert.equal(body, 'complete')
    assert.equal(headers.connection, 'close')
    await drained
    assert.equal(server.inFlight, 0)
    agent.destroy()
  })

  test('closes a kept connection after a response whose head was sent before', async (context) => {
    const headSent = deferred()
    const release = deferred()
    const { server, port } = await serve(context, () => async (_request, response) => {
      response.write('first,')
      headSent.resolve()
      await release.promise
      response.end('last')
    })
    const agent = keptConnection()
    const { reply } = start(port, { agent })
    await headSent.promise
    const drained = server.drain()
    release.resolve()
    assert.equal((await reply).body, 'first,last')
    await drained
    agent.destroy()
  })

  test('with a delay still takes connections and requests, and every answer is the last on its connection', async (context) => {
    const { server, port, clock } = await serve(context, () => (request, response) => {
      response.end(request.url)
    })
    const agent = keptConnection()
    await send(port, { agent })
    const drained = server.drain({ delayMs: 100 })
    clock.advance(99)
    const fresh = await send(port, { agent: keptConnection(), path: '/fresh' })
    assert.equal(fresh.body, '/fresh')
    assert.equal(fresh.headers.connection, 'close')
    while (server.inFlight > 0) await new Promise(setImmediate)
    // The end of one request is no reason to close connections on which another one may be on its way.
    const { call, reply } = start(port, { agent, path: '/kept' })
    const kept = await reply
    assert.equal(call.reusedSocket, true)
    assert.equal(kept.body, '/kept')
    assert.equal(kept.headers.connection, 'close')
    clock.advance(1)
    await assert.rejects(send(port), { code: 'ECONNREFUSED' })
    await drained
    assert.equal(clock.nextDue, undefined)
  })

  test('with a delay ends at once when the server is closed meanwhile', async (context) => {
    const { server, clock } = await serve(context, () => () => {})
    const drained = server.drain({ delayMs: 100 })
    server.close()
    await drained
    assert.equal(clock.nextDue, undefined)
  })

  test('closes idle connections and those that never carried a request', async (context) => {
    const { server, port } = await serve(context, () => (_request, response) => {
      response.end()
    })
    const agent = keptConnection()
    await send(port, { agent })
    const silent = connect(port, '127.0.0.1')
    const accepted = once(server, 'connection')
    await once(silent, 'connect')
    await accepted
    const ended = once(silent.resume(), 'close')
    const drained = server.drain()
    await drained
    await ended
    agent.destroy()
  })

  test('answers a request that comes on a connection in use, and that answer is the last', async (context) => {
    const release = deferred()
    const headSent = deferred()
    const arrived = deferred()
    const { server, port } = await serve(context, () => async (request, response) => {
      if (request.url === '/first') {
        response.write('head')
        headSent.resolve()
        await release.promise
      } else {
        arrived.resolve()
      }
      response.end(request.url)
    })
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write('GET /first HTTP/1.1\r\nhost: a\r\n\r\n')
    await headSent.promise
    const drained = server.drain()
    socket.write('GET /next HTTP/1.1\r\nhost: a\r\n\r\n')
    await arrived.promise
    release.resolve()
    await once(socket, 'close')
    const [, first, next] = text.split('HTTP/1.1 200 OK')
    assert.match(first!, /\/first/)
    assert.doesNotMatch(first!, /connection: close/i)
    assert.match(next!, /connection: close.*\/next/is)
    await drained
  })

  test('cuts what is still open at its deadline, upgraded connections included', async (context) => {
    const arrived = deferred()
    const { server, port, clock } = await serve(context, () => () => arrived.resolve())
    const upgraded = deferred()
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n')
      upgraded.resolve()
    })
    const { reply } = start(port)
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n')
    await arrived.promise
    await upgraded.promise
    const ended = once(socket.resume(), 'close')
    const drained = server.drain({ timeoutMs: 1000 })
    clock.advance(999)
    assert.equal(server.inFlight, 2)
    clock.advance(1)
    await assert.rejects(reply, { code: 'ECONNRESET' })
    await drained
    await ended
    assert.equal(server.inFlight, 0)
  })

  test('may be asked for again, and the shortest limit counts', async (context) => {
    const arrived = deferred()
    const { server, port, clock } = await serve(context, () => () => arrived.resolve())
    const { reply } = start(port)
    const cut = assert.rejects(reply, { code: 'ECONNRESET' })
    await arrived.promise
    const long = server.drain({ timeoutMs: 60_000 })
    const short = server.drain({ timeoutMs: 10 })
    clock.advance(10)
    await Promise.all([long, short, cut])
    await server.drain()
    assert.equal(clock.nextDue, undefined)
  })

  test('of a server that never listened resolves', async () => {
    await bare().drain()
  })
})

describe('a mesh server is an http.Server', () => {
  test('close() alone drains too and calls back', async (context) => {
    const arrived = deferred()
    const release = deferred()
    const { server, port } = await serve(context, () => async (_request, response) => {
      arrived.resolve()
      await release.promise
      response.end()
    })
    const { reply } = start(port, { agent: keptConnection() })
    await arrived.promise
    const closed = deferred<Error | undefined>()
    server.close(closed.resolve)
    release.resolve()
    assert.equal((await reply).headers.connection, 'close')
    assert.equal(await closed.promise, undefined)
  })

  test('listeners that are added, replaced or wrapped later run in the mesh as well', async (context) => {
    const { server, port } = await serve(context, () => () => assert.fail('was replaced'))
    server.removeAllListeners('request')
    server.on('request', (request, response) => {
      response.end(String('mesh' in request))
    })
    assert.equal((await send(port)).body, 'true')
    await server.drain()
  })

  test('a request that expects to be told to continue is taken in once', async (context) => {
    const { server, port } = await serve(context, () => (request, response) => {
      assert.equal(server.inFlight, 1)
      request.resume().on('end', () => response.end(String(request.mesh.timeLeftMs)))
    })
    server.on('checkContinue', (request, response) => {
      assert.equal('mesh' in request, true)
      response.writeContinue()
      server.emit('request', request, response)
    })
    const headers = { expect: '100-continue', 'x-envoy-expected-rq-timeout-ms': '90' }
    assert.equal((await send(port, { method: 'POST', headers }, 'body')).body, '90')
    await server.drain()
  })

  test('tells its observer when it listens, before it closes and when it has closed', async (context) => {
    const seen: string[] = []
    const observer = {
      listening: (server: MeshServer): undefined => {
        seen.push(`listening ${server.boundAddress?.address}`)
      },
      closing: (server: MeshServer) => seen.push(`closing ${server.listening}`),
      closed: () => seen.push('closed'),
    }
    const { server } = await serve(context, () => () => {}, { observer })
    await Promise.all([server.drain(), server.drain()])
    server.close()
    assert.deepEqual(seen, ['listening 127.0.0.1', 'closing true', 'closed'])
  })

  test('keeps idle connections for longer than callers do', async (context) => {
    const { server } = await serve(context, () => () => {})
    assert.ok(server.keepAliveTimeout > 60_000)
    await server.drain()
  })
})

describe('listen', () => {
  test('fails with a code and the cause when the port is taken', async (context) => {
    const { server, port } = await serve(context, () => () => {})
    await assert.rejects(
      listen(bare(), { port, host: '127.0.0.1' }),
      (error: Error & { code?: string }) =>
        error.code === 'ERR_INMESH_LISTEN' &&
        error.message.includes(`127.0.0.1, port ${port}`) &&
        (error.cause as NodeJS.ErrnoException).code === 'EADDRINUSE',
    )
    await server.drain()
  })

  test('fails with a code when the port is out of range', async () => {
    await assert.rejects(listen(bare(), { port: 70_000 }), { code: 'ERR_INMESH_LISTEN' })
  })

  test('binds the address asked for and no other', async () => {
    const server = await listen(bare(), { port: 0, host: '127.0.0.2' })
    assert.equal(server.boundAddress?.address, '127.0.0.2')
    await assert.rejects(send(server.boundAddress!.port), { code: 'ECONNREFUSED' })
    await server.drain()
  })
})
