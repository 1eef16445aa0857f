import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a job ended. */
export interface JobEnd {
  readonly code: number | null
  readonly output: string
}

/** A job that has not ended by then is held up by something. */
const patienceMs = 30_000

/** Runs `job-process` to its end. */
export function runJob(
  serverUri: string,
  waitFor: 'told' | 'nothing',
  connectTimeoutMs = 20_000,
  caFile = '',
): Promise<JobEnd> {
  const program = fileURLToPath(new URL('./job-process.js', import.meta.url))
  return new Promise((resolve, reject) => {
    const job = spawn(process.execPath, [program, serverUri, waitFor, String(connectTimeoutMs), caFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: patienceMs,
    })
    let output = ''
    job.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    job.on('error', reject)
    job.on('close', (code) => resolve({ code, output: output.trim() }))
  })
}
