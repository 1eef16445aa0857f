import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

interface DemoProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** Everything it has printed. */
  readonly output: () => string
}

function startDemo(): DemoProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.js', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
  return { child, output: () => output }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('the demo ends by itself within 90 seconds, with every check passed', { timeout: 90_000 }, async () => {
  const { child, output } = startDemo()
  const [code] = await once(child, 'close')
  assert.equal(code, 0, output())
  assert.match(output(), /\ndemo passed: 13 checks, [\d,]+ requests, [\d.]+ s\n$/)
  assert.doesNotMatch(output(), /FAIL/)
  // Where there is no terminal there are no colours and no cursor movements.
  assert.ok(!output().includes('\x1b'))
})

test('an interrupt ends every process of the demo', { timeout: 60_000 }, async () => {
  const { child, output } = startDemo()
  while (!output().includes('the shop is open')) await once(child.stdout, 'data')
  const pids = [...output().matchAll(/\(process (\d+)\)/g)].map(([, pid]) => Number(pid))
  assert.equal(pids.length, 4)
  assert.ok(pids.every(isAlive))
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  assert.equal(code, 130, output())
  assert.deepEqual(pids.filter(isAlive), [])
})
