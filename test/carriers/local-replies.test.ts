import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { patienceMs } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { type Answer, textOf } from './carrier.js'
import { CarrierBench } from './carrier-bench.js'
import { carriers } from './carriers.js'
import { type Situation, situations, thrown } from './local-replies.js'
import { Cell } from './scenario.js'

for (const localReply of ['response', 'throw'] as const) {
  describe(`answers of the mesh itself, each as a ${localReply === 'throw' ? 'thrown error' : localReply}`, () => {
    const suite = suiteScope()
    let bench: CarrierBench
    before(async () => {
      bench = await CarrierBench.start(suite, { localReply, outboundPolicy: 'registry-only' })
    })
    it('mesh.service().fetch: its breaker is open', async () => {
      const gone = bench.mesh.service('gone', { breaker: { volumeThreshold: 1, resetTimeout: 60_000 } })
      while (gone.breaker!.state !== 'open') await gone.fetch('/').catch(() => {})
      const received = await gone.fetch('/').catch((error: Error & { cause?: { code?: string } }) => error)
      if (received instanceof Error) assert.equal(received.cause?.code, 'ERR_INMESH_CIRCUIT_OPEN')
      else assert.deepEqual([received.status, await received.text()], [503, 'circuit breaker open'])
      assert.equal(received instanceof Error, localReply === 'throw')
      const { flags, code } = bench.mesh.outcome(received)!
      assert.deepEqual([flags, code], ['UO', 'ERR_INMESH_CIRCUIT_OPEN'])
    })

    for (const carrier of carriers) {
      for (const situation of situations) {
        const options = { timeout: patienceMs, skip: carrier.missing ?? false }
        it(`${carrier.name}: ${situation.title}`, options, async () => {
          const cell = new Cell(bench, carrier, situation.title)
          const { path, query, host } = situation
          const answer = () => cell.open(cell.url(path, query, host))
          const received = await (host === 'narrow' ? atTheLimit(cell, answer) : settled(answer))
          const throws = localReply === 'throw' && situation.code !== undefined
          if (received instanceof Error) await assertError(cell, situation, received, throws)
          else await assertResponse(cell, situation, received, throws)
        })
      }
    }
  })
}

/** Answer or error. */
async function settled(answer: () => Promise<Answer>): Promise<Answer | Error> {
  return await answer().catch((error: Error) => error)
}

/** The same while another request has all that the cluster may have. */
async function atTheLimit(cell: Cell, answer: () => Promise<Answer>): Promise<Answer | Error> {
  const gone = new AbortController()
  const held = cell.open(cell.url('/', { do: 'hold' }, 'narrow'), { signal: gone.signal })
  held.catch(() => {})
  const { left } = await cell.bench.v1.arrival(cell.run)
  try {
    return await settled(answer)
  } finally {
    gone.abort()
    await left
  }
}

async function assertResponse(cell: Cell, situation: Situation, answer: Answer, throws: boolean): Promise<void> {
  assert.equal(throws, false, 'an error is expected')
  assert.equal(answer.status, situation.status)
  assert.match(await textOf(answer), situation.body)
  assertOutcome(cell, situation, answer.handle)
}

async function assertError(cell: Cell, situation: Situation, error: Error, throws: boolean): Promise<void> {
  const expected = thrown[cell.carrier.name]
  // What undici itself says of a response that it cannot use, where no answer of the mesh says more.
  assertOutcome(cell, { ...situation, code: situation.code ?? 'UND_ERR_SOCKET' }, error)
  // Some clients can show no response but the one that they ask for.
  if (!throws || expected === undefined) return assert.equal(cell.upgrades, true)
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  assert.deepEqual(
    [error.constructor.name, expected.at === 'code' ? code : cause?.code],
    [expected.name, situation.code],
  )
}

function assertOutcome(
  cell: Cell,
  { flags, code }: Pick<Situation, 'flags' | 'code'>,
  asked: object | undefined,
): void {
  const outcome = asked === undefined ? undefined : cell.mesh.outcome(asked)
  if (outcome !== undefined) assert.deepEqual([outcome.flags, outcome.code], [flags, code])
}
