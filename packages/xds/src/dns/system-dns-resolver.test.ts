import assert from 'node:assert/strict'
import { lookup, Resolver } from 'node:dns/promises'
import { type TestContext, test } from 'node:test'
import { type NameEntry, startNameServer } from '../testing/name-server.js'
import { SystemDnsResolver } from './system-dns-resolver.js'

/** What getaddrinfo says of a name that it does not have. */
function unknown(code = 'ENOTFOUND'): Error {
  return Object.assign(new Error(`getaddrinfo ${code}`), { code })
}

/** A resolver whose name server is on loopback, and whose operating system knows the given names only. */
async function resolverOf(
  context: TestContext,
  names: Readonly<Record<string, NameEntry>>,
  system: Readonly<Record<string, readonly string[] | Error>> = {},
): Promise<{ resolver: SystemDnsResolver; lookups: string[] }> {
  // Where a server is silent, one short try: what is tested is what becomes of that, not for how long it lasts.
  const isSilent = Object.values(names).includes('silent')
  const servers = new Resolver(isSilent ? { timeout: 20, tries: 1 } : { timeout: 10_000 })
  servers.setServers([await startNameServer(context, names)])
  const lookups: string[] = []
  const resolver = new SystemDnsResolver({
    servers,
    lookup: async (name, { family }) => {
      lookups.push(`${name} ${family}`)
      const known = system[name] ?? unknown()
      if (known instanceof Error) throw known
      return known.map((address) => ({ address }))
    },
  })
  return { resolver, lookups }
}

test('addresses come in both kinds, each for its own time', async (context) => {
  const { resolver, lookups } = await resolverOf(context, {
    'shop.test': [
      ['192.0.2.1', 5],
      ['2001:db8::1', 60],
      ['192.0.2.2', 0],
    ],
  })
  const four = await resolver.resolve('shop.test', 4)
  assert.equal(four.kind, 'addresses')
  assert.deepEqual(
    new Map(four.kind === 'addresses' ? four.addresses.map(({ address, ttlMs }) => [address, ttlMs]) : []),
    new Map([
      ['192.0.2.1', 5000],
      ['192.0.2.2', 0],
    ]),
  )
  assert.deepEqual(await resolver.resolve('shop.test', 6), {
    kind: 'addresses',
    addresses: [{ address: '2001:db8::1', ttlMs: 60_000 }],
  })
  assert.deepEqual(lookups, [])
})

test('a name that nobody has, or without addresses of the kind, is an answer', async (context) => {
  const { resolver, lookups } = await resolverOf(context, { 'six.test': [['2001:db8::1', 60]] })
  const nothing = { kind: 'addresses', addresses: [] }
  assert.deepEqual(await resolver.resolve('gone.test', 4), nothing)
  assert.deepEqual(await resolver.resolve('six.test', 4), nothing)
  assert.deepEqual(lookups, ['gone.test 4', 'six.test 4'])
})

test('a name that only the operating system has is taken from it, for no time that is known', async (context) => {
  const { resolver } = await resolverOf(
    context,
    { 'late.test': 'silent' },
    {
      'hosts.test': ['192.0.2.9'],
      'late.test': ['192.0.2.8'],
    },
  )
  for (const [name, address] of [
    ['hosts.test', '192.0.2.9'],
    ['late.test', '192.0.2.8'],
  ] as const) {
    assert.deepEqual(await resolver.resolve(name, 4), {
      kind: 'addresses',
      addresses: [{ address, ttlMs: undefined }],
    })
  }
})

for (const [entry, code] of [
  ['broken', 'ESERVFAIL'],
  ['silent', 'ETIMEOUT'],
] as const) {
  test(`a server that is ${entry} is a failure, not a name without addresses`, async (context) => {
    const { resolver } = await resolverOf(context, { 'shop.test': entry })
    const reason = `queryA ${code} shop.test; getaddrinfo ENOTFOUND`
    assert.deepEqual(await resolver.resolve('shop.test', 4), { kind: 'failed', reason })
  })
}

test('an operating system that cannot look a name up is a failure, whatever the server says', async (context) => {
  const { resolver } = await resolverOf(context, {}, { 'gone.test': unknown('EAI_AGAIN') })
  assert.deepEqual(await resolver.resolve('gone.test', 4), { kind: 'failed', reason: 'getaddrinfo EAI_AGAIN' })
})

test('the operating system is asked as lookup is', async (context) => {
  const servers = new Resolver()
  servers.setServers([await startNameServer(context, {})])
  assert.deepEqual(await new SystemDnsResolver({ servers, lookup }).resolve('localhost', 4), {
    kind: 'addresses',
    addresses: [{ address: '127.0.0.1', ttlMs: undefined }],
  })
})
