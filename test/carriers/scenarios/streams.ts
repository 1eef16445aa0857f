import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { type Answer, textOf } from '../carrier.js'
import { type Cell, NO_OUTCOME, NOT_OFFERED, type Result, type Scenario, WORKS } from '../scenario.js'

const PIECE = Buffer.alloc(65_536, 'x')
/** More than all buffers between the two ends hold, those of the operating system included. */
const MUCH = 256 * PIECE.length
const BOUND = (MUCH / 4) * 3

/** WebSockets as in browsers read ahead without limit, and take all that they are given. */
const UNBOUNDED = { 'undici WebSocket': NOT_OFFERED, 'WebSocket, installGlobal': NOT_OFFERED }

const fetches = ['mesh.fetch', 'mesh.service().fetch', 'fetch, installGlobal', 'fetch, dispatcher', 'undici 6 fetch']
const OF_FETCH = Object.fromEntries(fetches.map((name) => [name, NOT_OFFERED]))
const UPGRADES = {
  ...Object.fromEntries(fetches.map((name) => [name, 'UND_ERR_INVALID_ARG'])),
  'undici request': 'UND_ERR_INVALID_ARG',
  'undici stream': NOT_OFFERED,
  'undici pipeline': NOT_OFFERED,
  'undici 6 request': 'UND_ERR_INVALID_ARG',
  axios: NOT_OFFERED,
  got: NOT_OFFERED,
}

/** The amount at which a count stays. Nothing tells that nothing more comes, so it is watched for a while. */
async function standstill(count: () => number): Promise<number> {
  for (let before = -1, same = 0; ; ) {
    const now = count()
    same = now === before ? same + 1 : 0
    if (same === 10 && now > 0) return now
    before = now
    await setTimeout(10)
  }
}

/** So many pieces, each when it is asked for. */
function pieces(count: number): { readonly stream: Readable; taken(): number } {
  let taken = 0
  const produce = function* () {
    for (; taken < count; taken++) yield PIECE
  }
  return { stream: Readable.from(produce()), taken: () => taken * PIECE.length }
}

async function lengthOf({ body }: Answer, limit = Number.POSITIVE_INFINITY): Promise<number> {
  let length = 0
  for await (const piece of body) {
    length += (piece as Buffer).length
    if (length >= limit) break
  }
  return length
}

/** A conversation: each piece is sent once the one before came back. */
async function converse(cell: Cell, open: (body: Readable) => Promise<Answer>): Promise<void> {
  const sent = new PassThrough()
  const opened = open(sent)
  // Some clients send nothing at all before there is something of the body.
  sent.write('0'.repeat(1000))
  const answer = await opened
  const sink = answer.sink ?? sent
  if (answer.sink !== undefined) sink.write('0'.repeat(1000))
  const heard = answer.body[Symbol.asyncIterator]()
  for (const round of [0, 1, 2]) {
    if (round > 0) sink.write(String(round).repeat(1000))
    let text = ''
    while (text.length < 1000) text += String((await heard.next()).value)
    assert.equal(text, String(round).repeat(1000))
  }
  if (cell.upgrades || answer.close !== undefined) {
    answer.close!()
    return
  }
  sent.end()
  assert.equal((await heard.next()).done, true)
}

async function abandoned(cell: Cell, question: 'hold' | 'half'): Promise<Result> {
  const gone = new AbortController()
  const opened = cell.open(cell.url('/plain', { do: question }), { signal: gone.signal })
  opened.catch(() => {})
  const { left } = await cell.upstream.arrival(cell.run)
  let asked: unknown
  if (question === 'hold') {
    gone.abort()
    asked = await opened.catch((error: Error) => error)
    assert.ok(asked instanceof Error)
  } else {
    const answer = await opened
    asked = answer.handle
    answer.body.on('error', () => {})
    await once(answer.body, 'readable')
    if (answer.close === undefined) answer.body.destroy()
    else answer.close()
  }
  await left
  const outcome = asked === undefined ? undefined : cell.mesh.outcome(asked as object)
  if (outcome === undefined) return NO_OUTCOME
  // What becomes of a connection after its upgrade is no affair of the call.
  assert.equal(outcome.flags, cell.upgrades && question === 'half' ? '-' : 'DC')
  return WORKS
}

/** How bytes go both ways. */
export const streams: readonly Scenario[] = [
  {
    title: 'streaming',
    about: 'both ways at once: a piece is sent when the one before has come back',
    otherwise: {},
    async run(cell) {
      await converse(cell, (body) => {
        return cell.open(cell.url('/plain', { do: 'echo' }), cell.upgrades ? {} : { method: 'POST', body })
      })
      return WORKS
    },
  },
  {
    title: 'slow reader',
    about: 'a caller that does not read stops the server',
    otherwise: UNBOUNDED,
    async run(cell) {
      const answer = await cell.open(cell.url('/plain', { do: 'flood', bytes: MUCH }))
      const arrival = await cell.upstream.arrival(cell.run)
      const written = await standstill(() => arrival.written)
      assert.equal(await lengthOf(answer, MUCH), MUCH)
      if (written === MUCH) return NOT_OFFERED
      assert.ok(written < BOUND, `${written} bytes were under way`)
      return WORKS
    },
  },
  {
    title: 'slow server',
    about: 'a server that does not read stops the caller',
    otherwise: UNBOUNDED,
    async run(cell) {
      const { stream, taken } = pieces(MUCH / PIECE.length)
      const url = cell.url('/plain', { do: 'sip' })
      const opened = cell.open(url, cell.upgrades ? {} : { method: 'POST', body: stream })
      const arrival = await cell.upstream.arrival(cell.run)
      if (cell.upgrades) stream.pipe((await opened).sink!)
      const sent = await standstill(taken)
      cell.upstream.events.emit('read')
      if (cell.upgrades) {
        while (arrival.read < MUCH) await once(cell.upstream.events, 'reading')
        ;(await opened).close!()
      } else {
        assert.equal(await textOf(await opened), String(MUCH))
      }
      if (sent === MUCH) return NOT_OFFERED
      assert.ok(sent < BOUND, `${sent} bytes were under way`)
      return WORKS
    },
  },
  {
    title: 'response trailers',
    about: 'behind the body of the response',
    otherwise: { ...OF_FETCH, 'undici pipeline': NOT_OFFERED, axios: NOT_OFFERED, got: NOT_OFFERED },
    requestsOnly: true,
    async run(cell) {
      const answer = await cell.open(cell.url('/plain', { do: 'trailers' }))
      assert.equal(await textOf(answer), 'whole body')
      if (answer.trailers === undefined) return NOT_OFFERED
      assert.equal((await answer.trailers())['x-sum'], '42')
      return WORKS
    },
  },
  {
    title: 'request trailers',
    about: 'behind the body of the request',
    otherwise: {
      ...OF_FETCH,
      'undici request': NOT_OFFERED,
      'undici stream': NOT_OFFERED,
      'undici pipeline': NOT_OFFERED,
      'undici 6 request': NOT_OFFERED,
      'http.request': 'ERR_INMESH_UNSUPPORTED',
      'http.request, installGlobal': 'ERR_INMESH_UNSUPPORTED',
      axios: NOT_OFFERED,
      got: NOT_OFFERED,
    },
    requestsOnly: true,
    async run(cell) {
      if (cell.carrier.sendsTrailers !== true) return NOT_OFFERED
      const body = Readable.from(['whole ', 'body'])
      const { seen } = await cell.ask(cell.url('/plain'), { method: 'POST', body, trailers: { 'x-sum': '42' } })
      assert.deepEqual([seen.body, seen.trailers['x-sum']], ['whole body', '42'])
      return WORKS
    },
  },
  {
    title: '1xx',
    about: 'a response 103 before the response',
    otherwise: { ...OF_FETCH, axios: NOT_OFFERED, got: NOT_OFFERED },
    requestsOnly: true,
    async run(cell) {
      const answer = await cell.open(cell.url('/plain', { do: 'early' }))
      assert.deepEqual([answer.status, await textOf(answer)], [200, 'final'])
      if (answer.early === undefined) return NOT_OFFERED
      assert.deepEqual(
        answer.early.map(({ status, headers }) => [status, headers.link]),
        [[103, '</style.css>; rel=preload']],
      )
      return WORKS
    },
  },
  {
    title: 'upgrade',
    about: 'to another protocol, by headers where the client has no method for it',
    otherwise: UPGRADES,
    async run(cell) {
      const url = cell.url('/plain', { do: 'echo' })
      if (!cell.upgrades && cell.carrier.upgrade === undefined) return NOT_OFFERED
      await converse(cell, () => (cell.upgrades ? cell.open(url) : cell.carrier.upgrade!(cell.mesh, url, 'echo')))
      return WORKS
    },
  },
  {
    title: 'abort',
    about: 'before the response: the server is let go, and the outcome says so',
    otherwise: {
      got: NO_OUTCOME,
      ws: NO_OUTCOME,
      'undici WebSocket': NO_OUTCOME,
      'WebSocket, installGlobal': NO_OUTCOME,
    },
    run: (cell) => abandoned(cell, 'hold'),
  },
  {
    title: 'abort of a body',
    about: 'the same once the response has begun',
    otherwise: {
      'fetch, installGlobal': NO_OUTCOME,
      'fetch, dispatcher': NO_OUTCOME,
      'undici 6 fetch': NO_OUTCOME,
      'undici WebSocket': NO_OUTCOME,
      'WebSocket, installGlobal': NO_OUTCOME,
    },
    run: (cell) => abandoned(cell, 'half'),
  },
]
