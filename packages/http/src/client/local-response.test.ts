import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultConfig, HttpFilter } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { route, target } from './testing/configs.js'
import { closedPort } from './testing/test-upstream.js'

const ALWAYS = { perMillion: 1_000_000 }

function abort(parts: { httpStatus: number } | { grpcStatus: number }): readonly HttpFilter[] {
  const config: FaultConfig = { kind: 'fault', abort: { fraction: ALWAYS, ...parts } }
  return [{ name: 'fault', config, disabled: false }]
}

test('an answer of the mesh has status, length, type and body as Envoy gives them', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { filters: abort({ httpStatus: 418 }) })
  const { statusCode, headers, body } = await mesh.response()
  assert.equal(statusCode, 418)
  assert.deepEqual(headers, { 'content-length': '18', 'content-type': 'text/plain' })
  assert.equal(await body.text(), 'fault filter abort')
})

test('no route is 404 without a body, no endpoint 503', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.source.set('reviews:80', target('reviews:80', [route({ prefix: '/known', clusters: { missing: 1 } })], []))
  assert.deepEqual(await mesh.request('/other'), { status: 404, text: '' })
  assert.deepEqual(await mesh.request('/known'), { status: 503, text: '' })
  mesh.serve([])
  assert.deepEqual(await mesh.request(), { status: 503, text: 'no healthy upstream' })
})

test('an answer to HEAD has the length of its body and no body', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([])
  const { headers, body } = await mesh.response('/', { method: 'HEAD' })
  assert.equal(headers['content-length'], '19')
  assert.equal(await body.text(), '')
})

test('a gRPC request is answered in headers only', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([])
  const grpc = { method: 'POST', headers: { 'Content-Type': 'application/grpc+proto' } }
  const { statusCode, headers, body } = await mesh.response('/', grpc)
  assert.equal(statusCode, 200)
  assert.deepEqual(headers, {
    'content-length': '0',
    'content-type': 'application/grpc',
    'grpc-status': '14',
    'grpc-message': 'no%20healthy%20upstream',
  })
  assert.equal(await body.text(), '')
})

test('a fault that is a gRPC status is answered 200 with that status, whatever the request', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([], { filters: abort({ grpcStatus: 7 }) })
  const { statusCode, headers, body } = await mesh.response()
  assert.deepEqual([statusCode, headers['grpc-status']], [200, '7'])
  await body.dump()
})

test('with local replies as errors each has its code', async (context) => {
  const mesh = new ClientFixture(context, undefined, { localReply: 'throw' })
  mesh.serve([], { prefix: '/known' })
  await assert.rejects(mesh.request('/other'), { name: 'MeshError', code: 'ERR_INMESH_NO_ROUTE' })
  await assert.rejects(mesh.request('/known'), { code: 'ERR_INMESH_NO_HEALTHY_ENDPOINT' })
  mesh.serve([await closedPort()])
  await assert.rejects(mesh.request(), { code: 'ERR_INMESH_CONNECT' })
  mesh.serve([], { filters: abort({ httpStatus: 500 }) })
  await assert.rejects(mesh.request(), { code: 'ERR_INMESH_FAULT' })
})

/** Events of a handler that pauses wherever it can. */
function pausing(mesh: ClientFixture, events: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let resume: (() => void) | undefined
    const later = (event: string): boolean => {
      events.push(event)
      setImmediate(() => resume!())
      return false
    }
    mesh.dispatcher.dispatch(
      { origin: 'http://reviews', path: '/', method: 'GET' },
      {
        onConnect: () => void events.push('connect'),
        onHeaders: (status, _headers, given) => {
          resume = given
          return later(`head ${status}`)
        },
        onData: (chunk) => later(`data ${chunk.toString()}`),
        onComplete: () => {
          events.push('complete')
          resolve()
        },
        onError: reject,
      },
    )
    events.push('dispatched')
  })
}

test('nothing but onConnect is heard before dispatch returns, and pauses are kept', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([])
  await mesh.configured()
  const events: string[] = []
  await pausing(mesh, events)
  assert.deepEqual(events, ['connect', 'dispatched', 'head 503', 'data no healthy upstream', 'complete'])
})

test('a caller that tries again at once lets the event loop turn, so that configuration can arrive', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([])
  await mesh.configured()
  let turned = false
  const immediate = setImmediate(() => {
    turned = true
  })
  context.after(() => clearImmediate(immediate))
  // Bounded, so that a loop that never turns fails instead of running for ever.
  for (let tries = 1; tries <= 1000 && !turned; tries++) assert.equal((await mesh.request()).status, 503)
  assert.ok(turned)
})

test('an answer of the mesh can be aborted', async (context) => {
  const mesh = new ClientFixture(context)
  mesh.serve([])
  await mesh.configured()
  const events: string[] = []
  await new Promise<void>((resolve) => {
    let abortCall: ((error?: Error) => void) | undefined
    mesh.dispatcher.dispatch(
      { origin: 'http://reviews', path: '/', method: 'GET' },
      {
        onConnect: (given) => {
          abortCall = given
        },
        onHeaders: () => {
          abortCall!(new Error('enough'))
          return true
        },
        onData: () => events.push('data') > 0,
        onComplete: () => void events.push('complete'),
        onError: (error) => {
          events.push(error.message)
          setImmediate(resolve)
        },
      },
    )
  })
  assert.deepEqual(events, ['enough'])
})

for (const callback of ['onHeaders', 'onData', 'onComplete'] as const) {
  test(`what ${callback} throws at an answer of the mesh comes back to onError`, async (context) => {
    const mesh = new ClientFixture(context)
    mesh.serve([])
    const error = await new Promise<Error>((resolve) => {
      const throwing = (name: string) => (): boolean => {
        if (name === callback) throw new Error(`thrown by ${name}`)
        return true
      }
      mesh.dispatcher.dispatch(
        { origin: 'http://reviews', path: '/', method: 'GET' },
        {
          onConnect: () => {},
          onHeaders: throwing('onHeaders'),
          onData: throwing('onData'),
          onComplete: throwing('onComplete'),
          onError: resolve,
        },
      )
    })
    assert.equal(error.message, `thrown by ${callback}`)
  })
}
