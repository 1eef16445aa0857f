import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TestHttp2Upstream } from '../testing/test-http2-upstream.js'

/** A job that has not ended by then is held up by something. */
const PATIENCE_MS = 30_000

test('a connection without requests keeps no process alive, and one with a request does', async (context) => {
  const upstream = await TestHttp2Upstream.start(context, (stream) => {
    // Nothing but the request is left in the job by then.
    setTimeout(() => {
      stream.respond({ ':status': 200 })
      stream.end()
    }, 50)
  })
  const program = fileURLToPath(new URL('../testing/http2-job-process.js', import.meta.url))
  const job = spawn(process.execPath, [program, String(upstream.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PATIENCE_MS,
  })
  let output = ''
  job.stdout.on('data', (text) => {
    output += String(text)
  })
  const [code] = await once(job, 'close')
  assert.deepEqual([code, output], [0, '200'])
})
