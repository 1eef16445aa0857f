import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dispatcher, request } from 'undici'
import { createFetch } from './mesh-fetch.js'
import { ClientFixture } from './testing/client-fixture.js'
import { retryPolicy } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

test('the outcome of a response tells route, cluster, endpoint and status, by whichever method it came', async (context) => {
  const upstream = await TestUpstream.start(context)
  const mesh = new ClientFixture(context)
  mesh.serve([upstream.port])
  const { dispatcher } = mesh
  const fetched = await createFetch(dispatcher)('http://reviews/', { mesh: { timeoutMs: 60_000 } })
  const plain = await createFetch(dispatcher)('http://reviews/')
  const requested = await request('http://reviews/', { dispatcher })
  for (const answer of [fetched, plain, requested]) {
    const { ended, totalMs, headMs, attempts, ...outcome } = dispatcher.outcome(answer)!
    const endpoint = `127.0.0.1:${upstream.port}`
    assert.deepEqual(outcome, {
      authority: 'reviews',
      route: outcome.route,
      cluster: 'reviews',
      endpoint,
      status: 200,
      code: undefined,
      flags: '-',
    })
    assert.ok(headMs !== undefined && headMs >= 0 && totalMs >= headMs)
    assert.deepEqual(
      attempts.map(({ durationMs, ...attempt }) => [attempt, durationMs <= totalMs]),
      [[{ endpoint, status: 200, failure: undefined }, true]],
    )
  }
  await Promise.all([fetched.text(), plain.text(), requested.body.text()])
  assert.equal(dispatcher.outcome(requested)!.ended, true)
})

test('the outcome lists every attempt, and says which limit ended the retries', async (context) => {
  const failing = await TestUpstream.start(context, (_request, response) => response.writeHead(503).end())
  const mesh = new ClientFixture(context)
  mesh.serve([failing.port], { retries: retryPolicy({ serverError: true }) })
  const response = await mesh.response()
  await response.body.dump()
  const outcome = mesh.dispatcher.outcome(response)!
  assert.deepEqual(
    outcome.attempts.map(({ status, failure }) => [status, failure]),
    [
      [503, undefined],
      [503, undefined],
      [503, undefined],
    ],
  )
  assert.deepEqual([outcome.status, outcome.flags, outcome.ended], [503, 'URX', true])
})

test('an answer of the mesh itself has its status, flag and code, and an error too', async (context) => {
  const refusing = await TestUpstream.start(context, (incoming) => incoming.socket.destroy())
  const answering = new ClientFixture(context)
  answering.serve([refusing.port])
  const response = await answering.response()
  await response.body.dump()
  const { attempts, ...outcome } = answering.dispatcher.outcome(response)!
  assert.deepEqual([outcome.status, outcome.flags, outcome.code], [503, 'UC', 'ERR_INMESH_RESET'])
  assert.deepEqual(
    attempts.map(({ status, failure }) => [status, failure]),
    [[undefined, 'reset']],
  )
  const throwing = new ClientFixture(context, undefined, { localReply: 'throw' })
  throwing.serve([refusing.port])
  const error: Error = await createFetch(throwing.dispatcher)('http://reviews/').then(
    () => assert.fail('no error'),
    (reason) => reason as Error,
  )
  // What undici's fetch rejects with, and what it wraps.
  for (const answer of [error, error.cause as Error]) {
    const { status, code, flags } = throwing.dispatcher.outcome(answer)!
    assert.deepEqual([status, code, flags], [undefined, 'ERR_INMESH_RESET', 'UC'])
  }
})

test('nothing is known of what is no answer of the mesh', async (context) => {
  const mesh = new ClientFixture(context)
  for (const answer of [new Response(), new Error('one'), {}]) assert.equal(mesh.dispatcher.outcome(answer), undefined)
})

test('a call that its caller gave up has the flag DC, and one whose response broke off UC', async (context) => {
  const halfway = await TestUpstream.start(context, (incoming, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half')
    if (incoming.url === '/broken') setImmediate(() => incoming.socket.destroy())
  })
  const mesh = new ClientFixture(context)
  mesh.serve([halfway.port])
  for (const [path, flags] of [
    ['/held', 'DC'],
    ['/broken', 'UC'],
  ]) {
    const response = await request(`http://reviews${path}`, { dispatcher: mesh.dispatcher })
    const failed = assert.rejects(response.body.text())
    if (flags === 'DC') response.body.destroy()
    await failed
    assert.equal(mesh.dispatcher.outcome(response)!.flags, flags)
  }
})

test('what a client makes of a response that it cannot use is no failure of the upstream', async (context) => {
  const upstream = await TestUpstream.start(context, (_request, response) => response.writeHead(403).end('no'))
  const mesh = new ClientFixture(context)
  mesh.serve([upstream.port])
  const ofUpstream = await upgradeError(mesh)
  mesh.serve([])
  const ofMesh = await upgradeError(mesh)
  for (const [error, status, code, flags] of [
    [ofUpstream, 403, 'UND_ERR_SOCKET', '-'],
    [ofMesh, 503, 'ERR_INMESH_NO_HEALTHY_ENDPOINT', 'UH'],
  ] as const) {
    assert.equal((error as Error & { code?: string }).code, 'UND_ERR_SOCKET')
    const outcome = mesh.dispatcher.outcome(error)!
    assert.deepEqual([outcome.status, outcome.code, outcome.flags], [status, code, flags])
  }
})

async function upgradeError({ dispatcher }: ClientFixture): Promise<Error> {
  return await dispatcher
    .upgrade({ origin: 'http://reviews', path: '/', protocol: 'echo' } as Dispatcher.UpgradeOptions)
    .then(
      () => assert.fail('no error'),
      (error: Error) => error,
    )
}
