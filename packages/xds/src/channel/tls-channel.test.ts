import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SystemClock } from '@inmesh/core'
import { parseBootstrap } from '../bootstrap/parse-bootstrap.js'
import { CertificateMaker } from '../testing/certificate-maker.js'
import { ScriptedControlPlane } from '../testing/scripted-control-plane.js'
import { ControlChannel } from './control-channel.js'

const method = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const authority = new CertificateMaker()
const closers: (() => void)[] = []
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inmesh-tls-'))
  await write('ca.pem', authority.certificate)
})

after(async () => {
  for (const close of closers) close()
  await rm(folder, { recursive: true })
})

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
  return path
}

async function controlPlane(...tls: ConstructorParameters<typeof ScriptedControlPlane>): Promise<ScriptedControlPlane> {
  const plane = new ScriptedControlPlane(...tls)
  await plane.start()
  closers.push(() => plane.stop())
  return plane
}

function channelTo(
  plane: ScriptedControlPlane,
  config: object,
  callCreds: readonly object[] = [],
  host = 'localhost',
): ControlChannel {
  const server_uri = `${host}:${plane.config.uri.split(':')[1]}`
  const { servers } = parseBootstrap({
    xds_servers: [{ server_uri, channel_creds: [{ type: 'tls', config }], call_creds: callCreds }],
  })
  const channel = new ControlChannel(servers[0]!, new SystemClock())
  closers.push(() => channel.close())
  return channel
}

/** `opened`, or why not. */
function outcome(channel: ControlChannel): Promise<string> {
  return new Promise((resolve) => {
    const stream = channel.openStream(method, {
      opened: () => {
        resolve('opened')
        stream.cancel()
      },
      message: () => {},
      ended: ({ reason }) => resolve(reason),
    })
  })
}

const trusted = (): object => ({ ca_certificate_file: join(folder, 'ca.pem') })

test('a server is accepted under a name that its certificate, signed by a trusted authority, bears', async () => {
  const plane = await controlPlane(authority.make('localhost'))
  assert.equal(await outcome(channelTo(plane, trusted())), 'opened')
})

test('a server that bears another name is refused', async () => {
  const plane = await controlPlane(authority.make('elsewhere'))
  assert.match(
    await outcome(channelTo(plane, trusted())),
    /not in the cert's altnames: DNS:elsewhere|Hostname\/IP does not match/,
  )
})

test('a server that is reached by its address must bear that', async () => {
  const [named, addressed] = [authority.make('localhost'), authority.make('localhost', '127.0.0.1')]
  const warnings: string[] = []
  const onWarning = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', onWarning)
  assert.match(
    await outcome(channelTo(await controlPlane(named), trusted(), [], '127.0.0.1')),
    /altnames|does not match/,
  )
  assert.equal(await outcome(channelTo(await controlPlane(addressed), trusted(), [], '127.0.0.1')), 'opened')
  process.off('warning', onWarning)
  // An address is no server name: Node tells of that once in a process, and refuses it since 26.
  assert.deepEqual(warnings, [])
})

test('a server whose authority is not trusted is refused, whatever the environment says', async () => {
  const plane = await controlPlane(new CertificateMaker('another').make('localhost'))
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    assert.match(await outcome(channelTo(plane, trusted())), /certificate/)
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  }
})

test('without an authority file only the authorities that Node ships are trusted', async () => {
  const plane = await controlPlane(authority.make('localhost'))
  assert.match(await outcome(channelTo(plane, {})), /certificate/)
})

test('a server in plaintext is refused', async () => {
  const plane = await controlPlane()
  assert.notEqual(await outcome(channelTo(plane, trusted())), 'opened')
})

test('the own certificate is presented to a server that asks for one, and a server that asks in vain refuses', async () => {
  const plane = await controlPlane({ ...authority.make('localhost'), clientAuthority: authority.certificate })
  const own = authority.make('client')
  const files = {
    ...trusted(),
    certificate_file: await write('own.pem', own.certificate),
    private_key_file: await write('own.key', own.key),
  }
  assert.equal(await outcome(channelTo(plane, files)), 'opened')
  const anonymous = channelTo(plane, trusted())
  // In TLS 1.3 a client learns of its refusal after the handshake only: the stream opens, and ends without a response.
  const end = new Promise<number>((resolve) => {
    anonymous.openStream(method, { opened: () => {}, message: () => {}, ended: ({ status }) => resolve(status) })
  })
  assert.equal(await end, 14)
})

test('a missing file keeps the connection from being made and is named', async () => {
  const plane = await controlPlane(authority.make('localhost'))
  const channel = channelTo(plane, { ca_certificate_file: join(folder, 'nowhere.pem') })
  assert.match(await outcome(channel), /nowhere\.pem cannot be read: ENOENT/)
  assert.equal(plane.streams.length, 0)
})

test('a rotated authority counts with the next connection', async () => {
  const second = new CertificateMaker('second')
  const plane = await controlPlane(second.make('localhost'))
  const file = await write('rotating.pem', authority.certificate)
  const channel = channelTo(plane, { ca_certificate_file: file })
  assert.match(await outcome(channel), /certificate/)
  await write('rotating.pem', second.certificate)
  assert.equal(await outcome(channel), 'opened')
})

test('a token goes with every call, as it stands in its file at that time, and never into an error', async () => {
  const plane = await controlPlane(authority.make('localhost'))
  const file = await write('token', 'aaa.bbb.ccc\n')
  const channel = channelTo(plane, trusted(), [{ type: 'jwt_token_file', config: { jwt_token_file: file } }])
  const authorization = async (): Promise<string> => {
    const arrived = new Promise<string>((resolve) => {
      plane.onStream = (stream) => resolve(stream.authorization)
    })
    await outcome(channel)
    return arrived
  }
  assert.equal(await authorization(), 'Bearer aaa.bbb.ccc')
  await write('token', 'ddd.eee.fff')
  assert.equal(await authorization(), 'Bearer ddd.eee.fff')
  await write('token', 'sesame\nx-other: open')
  const reason = await new Promise<string>((resolve) => {
    channel.openStream(method, { opened: () => {}, message: () => {}, ended: (end) => resolve(end.reason) })
  })
  assert.match(reason, /holds no JSON web token/)
  assert.doesNotMatch(reason, /sesame/)
})
