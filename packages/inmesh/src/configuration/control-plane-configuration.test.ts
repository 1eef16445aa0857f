import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MeshError } from '@inmesh/core'
import { FakeProvider } from '../testing/fake-provider.js'
import { ControlPlaneConfiguration } from './control-plane-configuration.js'

const unreachable = new MeshError('ERR_INMESH_CONTROL_PLANE_UNAVAILABLE', 'connection refused')

function configuration(parts: { template?: string } = { template: 'inmesh/inbound/%s' }) {
  const provider = new FakeProvider()
  const source = { watch: () => () => {}, unsupported: () => [] }
  const tested = new ControlPlaneConfiguration({
    uri: 'localhost:1',
    provider,
    source,
    listenerTemplate: parts.template,
    inbound: { watchInbound: () => () => {}, unsupported: () => [] },
    locality: undefined,
    loadReporting: {
      recordLoad: () => {
        throw new Error('no cluster is configured')
      },
    },
    clientStatus: () => [],
    flush: async () => {},
    close: () => {},
  })
  return { tested, provider }
}

const address = (host: string, port: number) => ({ address: host, port, family: host.includes(':') ? 'IPv6' : 'IPv4' })

describe('a server is registered', () => {
  test('by watching its inbound listener until it is withdrawn', () => {
    const { tested, provider } = configuration()
    const withdraw = tested.register(address('127.0.0.1', 9080))
    assert.deepEqual(provider.watched, ['LDS inmesh/inbound/127.0.0.1:9080'])
    withdraw()
    assert.deepEqual(provider.watched, [])
    withdraw()
  })

  test('under the address that it is bound to, as gRPC has it, when that is every address', () => {
    const { tested, provider } = configuration()
    tested.register(address('::', 9080))
    assert.deepEqual(provider.watched, ['LDS inmesh/inbound/[::]:9080'])
  })

  test('with its address percent-encoded in a name of the new style', () => {
    const { tested, provider } = configuration({ template: 'xdstp://plane/envoy.config.listener.v3.Listener/in/%s' })
    tested.register(address('::1', 80))
    assert.deepEqual(provider.watched, ['LDS xdstp://plane/envoy.config.listener.v3.Listener/in/%5B::1%5D:80'])
  })

  test('not at all when the bootstrap has no name for it', () => {
    const { tested, provider } = configuration({})
    tested.register(address('127.0.0.1', 80))()
    assert.deepEqual(provider.watched, [])
  })
})

describe('a control plane is ready', () => {
  const answers: readonly ['changed' | 'missing' | 'absent', string][] = [
    ['changed', 'with a listener'],
    ['missing', 'that there is no listener'],
    ['absent', 'with other listeners'],
  ]
  for (const [answer, title] of answers) {
    test(`once it has answered ${title}`, async () => {
      const { tested, provider } = configuration()
      const ready = tested.whenReady()
      const watcher = provider.watchers.get('LDS inmesh/ready')! as unknown as Record<string, () => void>
      watcher[answer]!()
      await ready
      await tested.whenReady()
    })
  }

  test('once it has answered with a listener that is malformed', async () => {
    const { tested, provider } = configuration()
    const ready = tested.whenReady()
    provider.watchers.get('LDS inmesh/ready')!.failed(new MeshError('ERR_INMESH_RESOURCE_INVALID', 'bad'))
    await ready
  })

  test('once it has answered about a server, and is not asked again', async () => {
    const { tested, provider } = configuration()
    tested.register(address('127.0.0.1', 80))
    provider.watchers.get('LDS inmesh/inbound/127.0.0.1:80')!.missing()
    await tested.whenReady()
    assert.deepEqual(provider.watched, ['LDS inmesh/inbound/127.0.0.1:80'])
  })

  test('only when it has answered about every server that listens', async () => {
    const { tested, provider } = configuration()
    const probe = tested.whenReady()
    provider.watchers.get('LDS inmesh/ready')!.missing()
    await probe
    tested.register(address('127.0.0.1', 80))
    const withdraw = tested.register(address('127.0.0.1', 81))
    let ready = false
    const both = tested.whenReady().then(() => {
      ready = true
    })
    provider.watchers.get('LDS inmesh/inbound/127.0.0.1:80')!.missing()
    await new Promise(setImmediate)
    assert.equal(ready, false)
    assert.match(tested.missing().what, /has not answered about inmesh\/inbound\/127\.0\.0\.1:81$/)
    withdraw()
    await both
  })

  test('not by being out of reach, and then says so', async () => {
    const { tested, provider } = configuration()
    let ready = false
    void tested.whenReady().then(() => {
      ready = true
    })
    provider.watchers.get('LDS inmesh/ready')!.failed(unreachable)
    await new Promise(setImmediate)
    assert.equal(ready, false)
    assert.equal(tested.missing().cause, unreachable)
    assert.match(tested.missing().what, /localhost:1/)
  })
})
