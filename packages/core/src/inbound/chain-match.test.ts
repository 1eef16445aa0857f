import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChainMatch } from '../model/inbound-config.js'
import { bestChain, type ConnectionView, rankChain } from './chain-match.js'

const NOTHING: ChainMatch = {
  destinations: [],
  serverNames: [],
  transport: '',
  protocols: [],
  directSources: [],
  source: 'any',
  sources: [],
  sourcePorts: [],
}

const block = (text: string) => {
  const [address = '', bits] = text.split('/')
  return { address, bits: Number(bits) }
}

/** The chain that a connection comes to, by name. */
function found(
  matches: Readonly<Record<string, Partial<ChainMatch>>>,
  connection: ConnectionView,
  detectsProtocols = false,
): string | undefined {
  const use = { kind: 'plain' as const }
  const chains = Object.entries(matches).map(([name, match]) =>
    rankChain({ name, match: { ...NOTHING, ...match }, use }, detectsProtocols, name),
  )
  return bestChain(chains, connection)
}

const CONNECTION = { localAddress: '10.1.2.3', localPort: 80, remoteAddress: '192.0.2.7', remotePort: 5000 }

describe('a connection comes to the chain that', () => {
  it('asks for its port, else to one that asks for none', () => {
    const matches = { any: {}, port: { destinationPort: 80 }, other: { destinationPort: 81 } }
    assert.equal(found(matches, CONNECTION), 'port')
    assert.equal(found(matches, { ...CONNECTION, localPort: 82 }), 'any')
  })

  it('names the longest network of its destination', () => {
    const matches = {
      long: { destinations: [block('10.1.0.0/16'), block('172.16.0.0/12')] },
      short: { destinations: [block('10.0.0.0/8')] },
      any: {},
    }
    assert.equal(found(matches, CONNECTION), 'long')
    assert.equal(found(matches, { ...CONNECTION, localAddress: '::ffff:10.9.9.9' }), 'short')
    assert.equal(found(matches, { ...CONNECTION, localAddress: '::1' }), 'any')
  })

  it('asks for plaintext before one that does not say, and never to one for TLS or for a server name', () => {
    assert.equal(found({ any: {}, raw: { transport: 'raw_buffer' } }, CONNECTION), 'raw')
    assert.equal(found({ tls: { transport: 'tls' }, named: { serverNames: ['a'] } }, CONNECTION), undefined)
  })

  it('asks for HTTP only where an inspector tells the protocol', () => {
    const matches = { http: { protocols: ['http/1.1', 'h2c'] }, any: {} }
    assert.equal(found(matches, CONNECTION, true), 'http')
    assert.equal(found(matches, CONNECTION, false), 'any')
  })

  it('is for its source: this machine or others, the longest network, the port', () => {
    const matches = {
      local: { source: 'local' as const },
      external: { source: 'external' as const },
      network: { source: 'external' as const, sources: [block('192.0.2.0/24')] },
      port: { source: 'external' as const, sources: [block('192.0.2.0/24')], sourcePorts: [5000] },
    }
    assert.equal(found(matches, { ...CONNECTION, remoteAddress: '127.0.0.1' }), 'local')
    assert.equal(found(matches, { ...CONNECTION, remoteAddress: '10.1.2.3' }), 'local')
    assert.equal(found(matches, { ...CONNECTION, remoteAddress: '198.51.100.1' }), 'external')
    assert.equal(found(matches, CONNECTION), 'port')
    assert.equal(found(matches, { ...CONNECTION, remotePort: 1 }), 'network')
    assert.equal(found({ peer: { directSources: [block('192.0.2.7/32')] }, any: {} }, CONNECTION), 'peer')
  })

  it('fits best in the earlier respect, even where it fails in a later one', () => {
    const matches = {
      port: { destinationPort: 80, sources: [block('198.51.100.0/24')] },
      any: { sources: [block('192.0.2.0/24')] },
    }
    assert.equal(found(matches, CONNECTION), undefined)
  })
})
