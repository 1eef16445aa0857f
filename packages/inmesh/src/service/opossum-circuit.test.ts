import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import type { BreakerState } from './breaker-state.js'
import { OpossumCircuit, Uncounted } from './opossum-circuit.js'

const SETTINGS = {
  errorThresholdPercentage: 50,
  volumeThreshold: 4,
  resetTimeout: 1000,
  rollingCountTimeout: 10_000,
  isFailure: undefined,
  fallback: undefined,
}

class Fixture {
  readonly clock = new SimulatedClock()
  readonly states: BreakerState[] = []
  readonly circuit: OpossumCircuit<string>

  constructor(settings: Partial<typeof SETTINGS> = {}) {
    this.circuit = new OpossumCircuit({ ...SETTINGS, ...settings }, this.clock, (state) => this.states.push(state))
  }

  /** A call that is let through and ends at once. */
  async call(fate: 'success' | 'failure' | 'uncounted'): Promise<void> {
    const call = this.begin()
    await call[fate]()
  }

  /** A call that is let through and ends when told to. */
  begin(): Record<'success' | 'failure' | 'uncounted', () => Promise<void>> {
    let resolve!: (value: string) => void
    let reject!: (error: unknown) => void
    const work = new Promise<string>((...settle) => {
      ;[resolve, reject] = settle
    })
    const fired = this.circuit.fire(() => work)
    assert.ok(fired !== undefined, 'it was not let through')
    return {
      success: async () => {
        resolve('done')
        assert.equal(await fired, 'done')
      },
      failure: () => {
        reject(new Error('broken'))
        return assert.rejects(fired, /broken/)
      },
      uncounted: () => {
        const error = new Uncounted('nobody wants it')
        reject(error)
        return assert.rejects(fired, (thrown) => thrown === error)
      },
    }
  }

  async open(): Promise<void> {
    while (this.circuit.state === 'closed') await this.call('failure')
  }

  async halfOpen(): Promise<void> {
    await this.open()
    this.clock.advance(SETTINGS.resetTimeout)
    assert.equal(this.circuit.state, 'half-open')
  }

  get letsThrough(): boolean {
    let asked = false
    const fired = this.circuit.fire(async () => {
      asked = true
      throw new Uncounted('only a question')
    })
    fired?.catch(() => {})
    return asked
  }
}

test('a circuit opens above its share of failures, not at it', async () => {
  const { circuit, call } = bound(new Fixture())
  for (const fate of ['success', 'success', 'success', 'failure', 'failure', 'failure'] as const) await call(fate)
  assert.equal(circuit.state, 'closed')
  await call('failure')
  assert.equal(circuit.state, 'open')
})

test('a circuit stays closed until enough calls were made to judge by', async () => {
  const { circuit, call } = bound(new Fixture())
  for (let count = 1; count < SETTINGS.volumeThreshold; count++) await call('failure')
  assert.equal(circuit.state, 'closed')
  await call('failure')
  assert.equal(circuit.state, 'open')
})

test('failures are forgotten once they are older than the window', async () => {
  const { circuit, call, clock } = bound(new Fixture())
  for (let count = 1; count < SETTINGS.volumeThreshold; count++) await call('failure')
  clock.advance(SETTINGS.rollingCountTimeout)
  await call('failure')
  assert.equal(circuit.state, 'closed')
})

test('failures count for as long as the window lasts', async () => {
  const { circuit, call, clock } = bound(new Fixture())
  for (let count = 1; count < SETTINGS.volumeThreshold; count++) await call('failure')
  clock.advance(SETTINGS.rollingCountTimeout - 1)
  await call('failure')
  assert.equal(circuit.state, 'open')
})

test('a failure is judged by the window in which it comes, not by that in which its call began', async () => {
  const { circuit, call, begin, clock } = bound(new Fixture())
  for (let count = 1; count < SETTINGS.volumeThreshold; count++) await call('failure')
  const slow = begin()
  clock.advance(SETTINGS.rollingCountTimeout)
  await slow.failure()
  assert.equal(circuit.state, 'closed')
})

test('errors that say nothing about the upstream do not open a circuit', async () => {
  const { circuit, call } = bound(new Fixture())
  for (let count = 0; count < 20; count++) await call('uncounted')
  assert.equal(circuit.state, 'closed')
})

test('an open circuit lets nothing through, then a single call', async () => {
  const fixture = new Fixture()
  await fixture.open()
  fixture.clock.advance(SETTINGS.resetTimeout - 1)
  assert.equal(fixture.circuit.fire(assert.fail), undefined)
  fixture.clock.advance(1)
  assert.equal(fixture.circuit.state, 'half-open')
  fixture.begin()
  assert.equal(fixture.circuit.fire(assert.fail), undefined)
})

test('a call that succeeds closes a half-open circuit', async () => {
  const fixture = new Fixture()
  await fixture.halfOpen()
  await fixture.call('success')
  assert.deepEqual(fixture.states, ['open', 'half-open', 'closed'])
  assert.equal(fixture.clock.nextDue, undefined)
})

test('a call that fails opens a half-open circuit again, for as long as before', async () => {
  const fixture = new Fixture()
  await fixture.halfOpen()
  await fixture.call('failure')
  assert.deepEqual(fixture.states, ['open', 'half-open', 'open'])
  fixture.clock.advance(SETTINGS.resetTimeout - 1)
  assert.equal(fixture.letsThrough, false)
  fixture.clock.advance(1)
  assert.equal(fixture.letsThrough, true)
})

test('a circuit that closed again does not remember the failures for which it had opened', async () => {
  const fixture = new Fixture()
  await fixture.halfOpen()
  await fixture.call('success')
  await fixture.call('failure')
  await fixture.call('failure')
  assert.equal(fixture.circuit.state, 'closed')
})

test('a call given up while the circuit is half-open neither closes nor opens it, and another may be tried', async () => {
  const fixture = new Fixture()
  await fixture.halfOpen()
  await fixture.call('uncounted')
  assert.deepEqual(fixture.states, ['open', 'half-open'])
  await fixture.call('success')
  assert.equal(fixture.circuit.state, 'closed')
})

test('a call that is not answered while the circuit is half-open makes way for another, and decides nothing afterwards', async () => {
  const fixture = new Fixture()
  await fixture.halfOpen()
  const hanging = fixture.begin()
  fixture.clock.advance(SETTINGS.resetTimeout)
  const other = fixture.begin()
  await hanging.success()
  assert.equal(fixture.circuit.state, 'half-open')
  await other.failure()
  assert.deepEqual(fixture.states, ['open', 'half-open', 'open'])
})

for (const fate of ['success', 'failure', 'uncounted'] as const) {
  test(`a call of before the circuit opened does not decide by its late ${fate}`, async () => {
    const fixture = new Fixture()
    const early = fixture.begin()
    await fixture.halfOpen()
    fixture.begin()
    await early[fate]()
    assert.equal(fixture.circuit.state, 'half-open')
    assert.equal(fixture.circuit.fire(assert.fail), undefined)
  })
}

for (const [when, prepare] of [
  ['closed', async () => {}],
  ['open', (fixture: Fixture) => fixture.open()],
  ['half-open', (fixture: Fixture) => fixture.halfOpen()],
] as const) {
  test(`a ${when} circuit that is shut down has no timer and stays as it is`, async () => {
    const fixture = new Fixture()
    await prepare(fixture)
    const { length } = fixture.states
    const underWay = when === 'open' ? undefined : fixture.begin()
    fixture.circuit.shutdown()
    await underWay?.failure()
    assert.equal(fixture.clock.nextDue, undefined)
    assert.equal(fixture.states.length, length)
  })
}

test('opossum leaves no timer of its own behind, however often the circuit opened', async (context) => {
  const set = context.mock.method(globalThis, 'setTimeout')
  const cleared = context.mock.method(globalThis, 'clearTimeout')
  const fixture = new Fixture()
  await fixture.halfOpen()
  await fixture.call('failure')
  fixture.clock.advance(SETTINGS.resetTimeout)
  await fixture.call('success')
  await fixture.open()
  fixture.circuit.shutdown()
  const handles = cleared.mock.calls.map((call) => call.arguments[0])
  assert.equal(set.mock.callCount(), 3)
  for (const { result } of set.mock.calls) assert.ok(handles.includes(result))
})

test('an idle circuit has no timer', () => {
  assert.equal(new Fixture().clock.nextDue, undefined)
})

/** Methods that can be called on their own. */
function bound(fixture: Fixture): Pick<Fixture, 'circuit' | 'clock' | 'call' | 'begin'> {
  const { circuit, clock } = fixture
  return { circuit, clock, call: (fate) => fixture.call(fate), begin: () => fixture.begin() }
}
