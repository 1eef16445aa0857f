import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Child, type ChildEvent } from './processes/child.js'
import { until } from './until.js'

const run = promisify(execFile)
const examples = new URL('../../', import.meta.url)

for (const framework of ['express', 'fastify']) {
  test(`the ${framework} application answers after it came into a mesh as before`, async () => {
    const script = fileURLToPath(new URL('before-after/compare.js', examples))
    const { stdout } = await run(process.execPath, [script, framework])
    const [before, after] = stdout.trim().split('\n')
    const answer = '{"id":"7","reviews":["review of /reviews/7"]}'
    assert.equal(before, `before: ${answer}`)
    assert.equal(after, `after:  ${answer}`)
  })
}

test('the client of hello finds the service while it runs', async (t) => {
  const { signal } = t
  const hello = new URL('hello/', examples)
  const cli = new URL('dist/bin.js', import.meta.resolve('@inmesh/cli/package.json'))
  const directory = fileURLToPath(new URL('mesh', hello))
  const controlPlane = new Child({
    name: 'inmesh dev',
    script: cli,
    arguments: ['dev', directory, '--port', '0', '--json'],
    onCrash: assert.ifError,
  })
  t.after(() => controlPlane.stop())
  const address = await controlPlane.listening(signal)
  /** The example's own text, with a port that nobody else uses. */
  const evaluate = async (file: string): Promise<readonly string[]> => {
    const text = await readFile(new URL(file, hello), 'utf8')
    assert.ok(text.includes("'127.0.0.1:15010'"))
    return ['--input-type=module', '--eval', text.replace('127.0.0.1:15010', address)]
  }
  const told = (event: string) => (): ChildEvent | undefined => controlPlane.events.find((said) => said.event === event)

  const service = spawn(process.execPath, await evaluate('service.js'), {
    cwd: hello,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(() => service.kill('SIGKILL'))
  await until('the service is registered', told('workload-registered'), signal)
  const { stdout } = await run(process.execPath, await evaluate('client.js'), { cwd: hello })
  assert.deepEqual(stdout.trim().split('\n'), Array(4).fill(`200 hello from process ${service.pid}`))

  service.kill('SIGINT')
  const [code] = await once(service, 'exit')
  assert.equal(code, 0)
  await until('the service is withdrawn', told('workload-removed'), signal)
})
