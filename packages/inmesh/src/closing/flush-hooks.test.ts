import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '@inmesh/core'
import { RecordingLogger } from '../testing/recording-logger.js'
import { FlushHooks } from './flush-hooks.js'

function hooksOnSimulatedTime() {
  const clock = new SimulatedClock()
  const logger = new RecordingLogger()
  return { clock, logger, hooks: new FlushHooks(clock, logger) }
}

test('all hooks are run beside each other, each told how long it has', async () => {
  const { hooks, clock } = hooksOnSimulatedTime()
  const given: number[] = []
  let finish!: () => void
  hooks.add((timeoutMs) => {
    given.push(timeoutMs)
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  hooks.add((timeoutMs) => {
    given.push(timeoutMs)
    finish()
  })
  await hooks.run(700)
  assert.deepEqual(given, [700, 700])
  assert.equal(clock.nextDue, undefined, 'nothing is left on the clock')
})

test('a hook that fails, at once or later, is warned of and keeps no other from being run', async () => {
  const { hooks, logger } = hooksOnSimulatedTime()
  let ran = false
  hooks.add(() => {
    throw new Error('no collector')
  })
  hooks.add(() => Promise.reject(new Error('refused')))
  hooks.add(() => {
    ran = true
  })
  await hooks.run(1000)
  assert.equal(ran, true)
  assert.deepEqual(logger.lines, [
    'warn: telemetry could not be flushed: no collector',
    'warn: telemetry could not be flushed: refused',
  ])
})

test('a hook that never ends is left behind when the time is over', async () => {
  const { hooks, clock, logger } = hooksOnSimulatedTime()
  hooks.add(() => new Promise(() => {}))
  const run = hooks.run(500)
  clock.advance(500)
  await run
  assert.deepEqual(logger.lines, ['warn: telemetry was not flushed in time; the mesh is closed without the rest of it'])
})

test('a hook that was taken away is not run', async () => {
  const { hooks } = hooksOnSimulatedTime()
  hooks.add(() => assert.fail('it was taken away'))()
  await hooks.run(500)
})
