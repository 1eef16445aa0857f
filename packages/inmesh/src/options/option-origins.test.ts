import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RecordingLogger } from '../testing/recording-logger.js'
import { nearMiss } from './near-miss.js'
import { resolveOptions } from './resolve-options.js'

async function optionsFile(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inmesh-options-'))
  context.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'options.json'), text)
  return join(folder, 'options.json')
}

test('the options file counts after the environment, and that after the code', async (context) => {
  const INMESH_OPTIONS_FILE = await optionsFile(
    context,
    '{ "service": "file", "namespace": "file", "version": "file", "controlPlane": "file:1", "bypass": ["old.example"] }',
  )
  const environment = { INMESH_OPTIONS_FILE, INMESH_NAMESPACE: 'environment', INMESH_VERSION: 'environment' }
  const { workload, origin, outbound } = resolveOptions({ version: 'code' }, environment)
  assert.deepEqual([workload.service, workload.namespace, workload.version], ['file', 'environment', 'code'])
  assert.deepEqual(origin, { kind: 'control-plane', address: 'file:1' })
  assert.equal(outbound.meets('old.example'), false)
  const named = resolveOptions({}, { ...environment, INMESH_CONFIG: './mesh' })
  assert.deepEqual(named.origin, { kind: 'directory', path: './mesh' })
})

test('mistakes in the options file name it, and what was meant', async (context) => {
  const wrong: readonly [string, RegExp][] = [
    ['{', /options\.json \(from INMESH_OPTIONS_FILE\) cannot be used/],
    ['[]', /no JSON object/],
    ['{ "servcie": "a" }', /option servcie \(from .*options\.json\) does not exist; did you mean service\?/],
    ['{ "logger": {} }', /option logger \(from .*options\.json\) does not exist/],
    ['{ "readinessPort": "http" }', /option readinessPort \(from .*options\.json\) must be a port/],
    ['{ "config": "a", "controlPlane": "b:1" }', /of the options file contradict each other/],
  ]
  for (const [text, message] of wrong) {
    const INMESH_OPTIONS_FILE = await optionsFile(context, text)
    assert.throws(() => resolveOptions({}, { INMESH_OPTIONS_FILE }), { code: 'ERR_INMESH_OPTIONS', message })
  }
  assert.throws(() => resolveOptions({}, { INMESH_OPTIONS_FILE: '/nowhere' }), { code: 'ERR_INMESH_OPTIONS' })
})

test('switched off, a mesh starts whatever is wrong with the environment, and says what', () => {
  const logger = new RecordingLogger()
  const environment = { INMESH_MODE: 'off', INMESH_READINESS_PORT: 'http', INMESH_OPTIONS_FILE: '/nowhere' }
  const { mode, readinessPort } = resolveOptions({ logger }, environment)
  assert.deepEqual([mode, readinessPort], ['off', undefined])
  assert.equal(logger.lines.length, 2)
  for (const line of logger.lines) assert.match(line, /no effect while the mesh is off$/)
  assert.throws(() => resolveOptions({ readinessPort: 0 }, environment), { code: 'ERR_INMESH_OPTIONS' })
  assert.throws(() => resolveOptions({}, { INMESH_MODE: 'of' }), {
    message: /mode \(from INMESH_MODE\) must be one of/,
  })
})

test('servers that may not serve without their listener are not opened by the switch', () => {
  const environment = { INMESH_MODE: 'off', INMESH_INBOUND_LISTENER: 'required' }
  assert.throws(() => resolveOptions({}, environment), {
    code: 'ERR_INMESH_OPTIONS',
    message: /inboundListener required/,
  })
})

test('the name that was meant is the nearest, if any is near', () => {
  const known = ['INMESH_SERVICE', 'INMESH_SERVICE_PORT', 'INMESH_MODE']
  assert.equal(nearMiss('INMESH_SERVCE', known), 'INMESH_SERVICE')
  assert.equal(nearMiss('INMESH_SERVICEPORT', known), 'INMESH_SERVICE_PORT')
  assert.equal(nearMiss('mesh', known), undefined)
})
