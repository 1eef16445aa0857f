import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../support/patience.js'
import { TestProcess, type TestScope } from '../support/test-process.js'

const script = new URL('./services/signalled.js', import.meta.url)
const env = { INMESH_MODE: 'off', INMESH_HANDLE_SIGNALS: 'true' }

/** A process with a request in flight that was sent a signal and has stopped to accept connections. */
async function ending(scope: TestScope, signal: NodeJS.Signals) {
  const process = TestProcess.node(scope, script, { env })
  const { port } = await process.event('listening')
  const url = `http://127.0.0.1:${port}/`
  const answer = fetch(url)
  answer.catch(() => {})
  await process.event('request')
  process.signal(signal)
  const refused = () =>
    fetch(url, { signal: AbortSignal.timeout(500) }).then(
      () => 'answered',
      (error: Error) => (error.cause as NodeJS.ErrnoException | undefined)?.code,
    )
  await eventually('connections are refused', refused, (code) => code === 'ECONNREFUSED')
  return { process, answer }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets requests in flight end, and then ends the process as it always does`, async (t) => {
    const { process, answer } = await ending(t, signal)
    await process.ask('release').catch(() => {})
    assert.equal(await (await answer).text(), 'complete')
    assert.deepEqual(await process.exited, { code: null, signal })
  })
}

test('a second signal ends the process at once', async (t) => {
  const { process, answer } = await ending(t, 'SIGTERM')
  process.signal('SIGINT')
  assert.deepEqual(await process.exited, { code: null, signal: 'SIGINT' })
  await assert.rejects(answer)
})

test('the message of PM2 ends a process that has nothing else to do, with success', async (t) => {
  const child = fork(fileURLToPath(script), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  await once(child.stdout!, 'data')
  child.send('shutdown')
  assert.deepEqual(await exited, [0, null])
})
