import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadBootstrap, loadBootstrapFile } from './load-bootstrap.js'

function text(host: string): string {
  return JSON.stringify({ xds_servers: [{ server_uri: `${host}:1`, channel_creds: [{ type: 'insecure' }] }] })
}

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inmesh-bootstrap-'))
})
after(() => rm(folder, { recursive: true }))

test('the file wins over the text in the environment', async () => {
  const file = join(folder, 'bootstrap.json')
  await writeFile(file, text('from-file'))
  const bootstrap = await loadBootstrap({ GRPC_XDS_BOOTSTRAP: file, GRPC_XDS_BOOTSTRAP_CONFIG: text('from-text') })
  assert.equal(bootstrap?.servers[0]?.uri, 'from-file:1')
})

test('the text in the environment is used when there is no file', async () => {
  const bootstrap = await loadBootstrap({ GRPC_XDS_BOOTSTRAP: '', GRPC_XDS_BOOTSTRAP_CONFIG: text('from-text') })
  assert.equal(bootstrap?.servers[0]?.uri, 'from-text:1')
})

test('an environment that says nothing gives nothing', async () => {
  assert.equal(await loadBootstrap({}), undefined)
})

test('a file that is missing is named', async () => {
  const file = join(folder, 'missing.json')
  await assert.rejects(loadBootstrapFile(file), {
    code: 'ERR_INMESH_BOOTSTRAP',
    message: /missing\.json cannot be read: ENOENT/,
    place: { file },
  })
})

test('a mistake in the file is told with file and field', async () => {
  const file = join(folder, 'bad.json')
  await writeFile(file, JSON.stringify({ xds_servers: [{}] }))
  await assert.rejects(loadBootstrap({ GRPC_XDS_BOOTSTRAP: file }), {
    code: 'ERR_INMESH_BOOTSTRAP',
    place: { file, field: 'xds_servers[0].server_uri' },
  })
})

test('a mistake in the variable is told with the variable', async () => {
  await assert.rejects(loadBootstrap({ GRPC_XDS_BOOTSTRAP_CONFIG: '{}' }), {
    code: 'ERR_INMESH_BOOTSTRAP',
    message: /^GRPC_XDS_BOOTSTRAP_CONFIG: xds_servers is missing/,
  })
})
