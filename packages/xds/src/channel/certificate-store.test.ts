import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { type Logger, silentLogger } from '@inmesh/core'
import { CertificateMaker } from '../testing/certificate-maker.js'
import { FakeClock } from '../testing/fake-clock.js'
import { until } from '../testing/until.js'
import { CertificateStore } from './certificate-store.js'

const authority = new CertificateMaker()
let folder: string
let warnings: string[]
let clock: FakeClock

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inmesh-store-'))
  warnings = []
  clock = new FakeClock()
})

afterEach(() => rm(folder, { recursive: true }))

const path = (name: string): string => join(folder, name)

function store(): CertificateStore {
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) }
  const files = {
    caCertificateFile: path('ca'),
    certificateFile: path('cert'),
    privateKeyFile: path('key'),
    refreshIntervalMs: 60_000,
  }
  return new CertificateStore(files, clock, logger)
}

async function writeAll(): Promise<void> {
  const { certificate, key } = authority.make('client')
  await writeFile(path('ca'), authority.certificate)
  await writeFile(path('cert'), certificate)
  await writeFile(path('key'), key)
}

test('files that did not change give the same context', async () => {
  await writeAll()
  const certificates = store()
  const first = await certificates.context()
  assert.equal(await certificates.context(), first)
  await writeAll()
  assert.notEqual(await certificates.context(), first)
  certificates.close()
})

const unusable: readonly (readonly [title: string, name: string, text: () => string, complaint: RegExp])[] = [
  ['an empty file', 'ca', () => '', /ca holds no certificate/],
  ['half a certificate', 'ca', () => authority.certificate + authority.certificate.slice(0, 200), /in the middle/],
  [
    'a certificate that is none',
    'cert',
    () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    /number 1, that cannot be read/,
  ],
  ['the key of another certificate', 'key', () => authority.make('other').key, /cert and key .*key cannot be used/],
]

for (const [title, name, text, complaint] of unusable) {
  test(`${title} is refused at first and leaves the last good files in use later`, async () => {
    await writeAll()
    const certificates = store()
    const good = await certificates.context()
    await writeFile(path(name), text())
    assert.equal(await certificates.context(), good)
    assert.match(warnings.join(), complaint)
    certificates.close()
    await assert.rejects(store().context(), complaint)
  })
}

test('files are read at every refresh interval, so that what is good then outlives a bad rotation', async () => {
  await writeAll()
  const certificates = store()
  const first = await certificates.context()
  await writeAll()
  await clock.advance(60_000)
  await until(() => clock.timerCount === 1)
  await writeFile(path('ca'), 'bad')
  const second = await certificates.context()
  assert.notEqual(second, first)
  certificates.close()
  assert.equal(clock.timerCount, 0)
})

test('a store that is closed while it reads sets no timer', async () => {
  await writeAll()
  const certificates = store()
  const reading = certificates.context()
  certificates.close()
  await reading
  assert.equal(clock.timerCount, 0)
})
