import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import {
  type Dispatcher,
  interceptors,
  request,
  stream,
  fetch as undiciFetch,
  pipeline as undiciPipeline,
} from 'undici'
import { ClientFixture } from './testing/client-fixture.js'
import { bodyOf, TestUpstream } from './testing/test-upstream.js'

async function echoing(context: TestContext): Promise<{ mesh: ClientFixture; upstream: TestUpstream }> {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, async (incoming, response) => {
    response.setHeader('x-method', incoming.method!)
    response.end(await bodyOf(incoming))
  })
  mesh.serve([upstream.port])
  return { mesh, upstream }
}

test('undici.request works, also with a callback', async (context) => {
  const { mesh } = await echoing(context)
  const { dispatcher } = mesh
  const { statusCode, headers, body } = await request('http://reviews/a?b=1', {
    dispatcher,
    method: 'POST',
    body: 'hello',
  })
  assert.deepEqual([statusCode, headers['x-method'], await body.text()], [200, 'POST', 'hello'])
  const options = { origin: 'http://reviews', path: '/', method: 'PUT', body: 'x' } as const
  const data = await new Promise<Dispatcher.ResponseData>((resolve, reject) => {
    dispatcher.request(options, (error, response) => (error === null ? resolve(response) : reject(error)))
  })
  assert.equal(await data.body.text(), 'x')
})

test('undici.stream works', async (context) => {
  const { mesh } = await echoing(context)
  const sink = new PassThrough()
  const content = text(sink)
  const options = { dispatcher: mesh.dispatcher, method: 'POST', body: Readable.from(['a', 'b']) } as const
  await stream('http://reviews/', options, ({ statusCode }) => {
    assert.equal(statusCode, 200)
    return sink
  })
  assert.equal(await content, 'ab')
})

test('undici.pipeline works', async (context) => {
  const { mesh } = await echoing(context)
  const duplex = undiciPipeline('http://reviews/', { dispatcher: mesh.dispatcher, method: 'POST' }, ({ body }) => body)
  const sink = new PassThrough()
  const content = text(sink)
  await pipeline(Readable.from(['a', 'b']), duplex, sink)
  assert.equal(await content, 'ab')
})

test('npm fetch works', async (context) => {
  const { mesh } = await echoing(context)
  const response = await undiciFetch('http://reviews/', { dispatcher: mesh.dispatcher, method: 'POST', body: 'hello' })
  assert.equal(response.headers.get('x-method'), 'POST')
  assert.equal(await response.text(), 'hello')
})

test('the fetch built into Node works', async (context) => {
  const { mesh } = await echoing(context)
  const init = { dispatcher: mesh.dispatcher, method: 'POST', body: 'hello' }
  const response = await globalThis.fetch('http://reviews/', init as unknown as RequestInit)
  assert.equal(response.headers.get('x-method'), 'POST')
  assert.equal(await response.text(), 'hello')
})

test('a composed dispatcher works, with interceptors that know nothing of the mesh', async (context) => {
  const { mesh, upstream } = await echoing(context)
  const seen: string[] = []
  const recorded: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
    seen.push(options.path)
    return dispatch(options, handler)
  }
  const composed = mesh.dispatcher.compose(recorded, interceptors.retry({ maxRetries: 1 }), interceptors.dump())
  const { statusCode, headers } = await composed.request({ origin: 'http://reviews', path: '/x', method: 'GET' })
  assert.deepEqual([statusCode, headers['x-method'], seen], [200, 'GET', ['/x']])
  assert.equal(upstream.requests.length, 1)
})

test('a handler of the new kind hears start, head, data and end, and can pause', async (context) => {
  const { mesh } = await echoing(context)
  const events: string[] = []
  await new Promise<void>((resolve, reject) => {
    let content = ''
    const options = { origin: 'http://reviews', path: '/', method: 'POST', body: 'hello' } as const
    const dispatched = mesh.dispatcher.dispatch(options, {
      onRequestStart: () => void events.push('start'),
      onResponseStart: (controller, status, headers) => {
        events.push(`head ${status} ${String(headers['x-method'])}`)
        controller.pause()
        setImmediate(() => {
          events.push('resume')
          controller.resume()
        })
      },
      onResponseData: (_controller, chunk) => {
        content += chunk.toString()
      },
      onResponseEnd: () => {
        events.push(`end ${content}`)
        resolve()
      },
      onResponseError: (_controller, error) => reject(error),
    })
    assert.equal(dispatched, true)
  })
  assert.deepEqual(events, ['start', 'head 200 POST', 'resume', 'end hello'])
})

test('a handler of the new kind can abort', async (context) => {
  const { mesh } = await echoing(context)
  const outcome = await new Promise<{ error: Error; aborted: boolean; reason: Error | null }>((resolve) => {
    mesh.dispatcher.dispatch(
      { origin: 'http://reviews', path: '/', method: 'GET' },
      {
        onRequestStart: () => {},
        onResponseStart: (controller) => controller.abort(new Error('enough')),
        onResponseError: ({ aborted, reason }, error) => resolve({ error, aborted, reason }),
      },
    )
  })
  assert.equal(outcome.error.message, 'enough')
  assert.deepEqual([outcome.aborted, outcome.reason], [true, outcome.error])
  mesh.assertIdle()
})

test('informational responses reach the caller', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context, (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }, () => response.end('ok'))
  })
  mesh.serve([upstream.port])
  const infos: number[] = []
  const { text: content } = await mesh.request('/', {
    onInfo: ({ statusCode }: { statusCode: number }) => infos.push(statusCode),
  })
  assert.deepEqual([infos, content], [[103], 'ok'])
})

test('an upgraded connection counts as in flight until it closes', async (context) => {
  const mesh = new ClientFixture(context)
  const upstream = await TestUpstream.start(context)
  upstream.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  mesh.serve([upstream.port])
  const { socket } = await mesh.dispatcher.upgrade({
    path: '/',
    protocol: 'echo',
    ...({ origin: 'http://reviews' } as object),
  } as Dispatcher.UpgradeOptions)
  socket.write('hello')
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  assert.equal(chunk.toString(), 'hello')
  assert.equal(mesh.cluster('reviews').activeRequests, 1)
  socket.end()
  await once(socket, 'close')
  mesh.assertIdle()
})

/** What each callback of a handler throws must come back to its `onError`, once, and end the call. */
for (const callback of ['onConnect', 'onHeaders', 'onData', 'onComplete'] as const) {
  test(`what ${callback} of a handler throws comes back to its onError`, async (context) => {
    const { mesh } = await echoing(context)
    const errors: Error[] = []
    await new Promise<void>((resolve) => {
      const throwing = (name: string) => (): boolean => {
        if (name === callback) throw new Error(`thrown by ${name}`)
        return true
      }
      mesh.dispatcher.dispatch(
        { origin: 'http://reviews', path: '/', method: 'POST', body: 'x' },
        {
          onConnect: throwing('onConnect'),
          onHeaders: throwing('onHeaders'),
          onData: throwing('onData'),
          onComplete: throwing('onComplete'),
          onError: (error) => {
            errors.push(error)
            setImmediate(resolve)
          },
        },
      )
    })
    assert.deepEqual(
      errors.map(({ message }) => message),
      [`thrown by ${callback}`],
    )
    mesh.assertIdle()
    assert.equal((await mesh.request()).status, 200)
  })
}

test('a method that has no use for a connection may not ask for an upgrade, and nothing is sent', async (context) => {
  const upstream = await TestUpstream.start(context)
  const mesh = new ClientFixture(context)
  mesh.serve([upstream.port])
  for (const options of [{ upgrade: 'echo' }, { method: 'CONNECT' }] as const) {
    await assert.rejects(mesh.dispatcher.request({ origin: 'http://reviews', path: '/', method: 'GET', ...options }), {
      code: 'UND_ERR_INVALID_ARG',
    })
  }
  assert.equal(upstream.requests.length, 0)
})
