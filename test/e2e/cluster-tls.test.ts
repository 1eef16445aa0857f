import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:https'
import { describe, it } from 'node:test'
import { createMesh, type Mesh } from 'inmesh'
import { CertificateMaker } from '../support/certificate-maker.js'
import { eventually } from '../support/patience.js'
import type { TestScope } from '../support/test-process.js'
import { PlainServer, TlsServer } from '../support/tls-server.js'
import { ConfigurationDirectory } from './configuration-directory.js'

const HOST = 'reviews.shop.svc.cluster.local'
const CLUSTER = `outbound|80||${HOST}`
const SPIFFE = 'spiffe://shop.test/ns/shop/sa/reviews'

const authority = new CertificateMaker()
const trusted = { trustedCa: { inlineString: authority.certificate } }

const entry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [${HOST}]
  resolution: STATIC
  ports: [{ name: http, number: 80, protocol: HTTP }, { name: other, number: 443, protocol: HTTP }]
`

type Json = Readonly<Record<string, unknown>>

/** The cluster of the reviews as a control plane would send it. */
function cluster(ports: readonly number[], context: Json, more: Json = {}, hostname = ''): string {
  const lbEndpoints = ports.map((portValue) => ({
    endpoint: { hostname, address: { socketAddress: { address: '127.0.0.1', portValue } } },
  }))
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
  return JSON.stringify({
    '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    name: CLUSTER,
    type: 'STATIC',
    loadAssignment: { clusterName: CLUSTER, endpoints: [{ lbEndpoints }] },
    transportSocket: { name: 'envoy.transport_sockets.tls', typedConfig: { '@type': type, ...context } },
    ...more,
  })
}

function httpOptions(options: Json): Json {
  const type = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  return {
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { '@type': type, ...options },
    },
  }
}

function validating(context: Json, more: Json = {}): Json {
  return { commonTlsContext: { validationContext: { ...trusted, ...context } }, ...more }
}

async function meshFor(scope: TestScope, text: string): Promise<{ mesh: Mesh; directory: ConfigurationDirectory }> {
  const directory = await ConfigurationDirectory.create(scope, { 'reviews.yaml': entry, 'cluster.json': text })
  const mesh = await createMesh({ config: directory.path, namespace: 'shop', logLevel: 'silent' })
  scope.after(() => mesh.close({ timeoutMs: 1 }))
  return { mesh, directory }
}

/** What the server saw, or the status. */
async function get(mesh: Mesh, url = 'http://reviews/'): Promise<Record<string, string> & { status: string }> {
  const response = await mesh.fetch(url)
  const text = await response.text()
  return { ...(response.status === 200 ? JSON.parse(text) : { text }), status: String(response.status) }
}

describe('a cluster with a context of TLS', () => {
  it('has http: calls upgraded and verified by its names', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make(SPIFFE))
    const names = [{ sanType: 'URI', matcher: { exact: SPIFFE } }]
    const context = validating({ matchTypedSubjectAltNames: names }, { sni: 'reviews.internal' })
    const { mesh } = await meshFor(t, cluster([server.port], context))
    const { status, httpVersion, authority: host } = await get(mesh)
    assert.deepEqual([status, httpVersion, host], ['200', '1.1', 'reviews'])
    assert.deepEqual(server.serverNames, ['reviews.internal'])
  })

  const names: readonly [what: string, matchers: Json, certificate: readonly string[], status: string][] = [
    [
      'another URI',
      { matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { exact: SPIFFE } }] },
      ['spiffe://other.test/x'],
      '503',
    ],
    [
      'the URI as a name of another type',
      { matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: SPIFFE } }] },
      [SPIFFE],
      '503',
    ],
    [
      'a prefix',
      { matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { prefix: 'spiffe://shop.test/' } }] },
      [SPIFFE],
      '200',
    ],
    ['a suffix', { matchSubjectAltNames: [{ suffix: '.shop.test' }] }, ['a.shop.test'], '200'],
    ['a part', { matchSubjectAltNames: [{ contains: 'shop' }] }, ['a.shop.test'], '200'],
    [
      'a regular expression',
      { matchSubjectAltNames: [{ safeRegex: { regex: 'a\\.[a-z]+\\.test' } }] },
      ['a.shop.test'],
      '200',
    ],
    [
      'a part of a regular expression only',
      { matchSubjectAltNames: [{ safeRegex: { regex: 'a' } }] },
      ['a.shop.test'],
      '503',
    ],
    [
      'a wildcard of the certificate',
      { matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'a.shop.test' } }] },
      ['*.shop.test'],
      '200',
    ],
    [
      'a wildcard for two labels',
      { matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'a.b.shop.test' } }] },
      ['*.shop.test'],
      '503',
    ],
    [
      'an address',
      { matchTypedSubjectAltNames: [{ sanType: 'IP_ADDRESS', matcher: { exact: '10.1.2.3' } }] },
      ['10.1.2.3'],
      '200',
    ],
    [
      'one of several',
      { matchSubjectAltNames: [{ exact: 'none.test' }, { exact: 'b.test' }] },
      ['a.test', 'b.test'],
      '200',
    ],
    ['nothing at all', {}, ['whoever.test'], '200'],
  ]
  for (const [what, matchers, certificate, expected] of names) {
    it(`${expected === '200' ? 'takes' : 'does not take'} a certificate by ${what}`, async (t) => {
      const server = await TlsServer.start(t, 'a', authority.make(...certificate))
      const { mesh } = await meshFor(t, cluster([server.port], validating(matchers)))
      assert.equal((await get(mesh)).status, expected)
      assert.equal(server.requests, expected === '200' ? 1 : 0)
    })
  }

  it('takes nothing of another authority, or that is over, and never falls back to plaintext', async (t) => {
    const other = await TlsServer.start(t, 'a', new CertificateMaker('others').make('a.test'))
    const over = await TlsServer.start(t, 'b', authority.makeWith({ notAfter: '20210101000000Z' }, 'a.test'))
    const plain = await PlainServer.start(t)
    for (const port of [other.port, over.port, plain.port]) {
      const { mesh } = await meshFor(t, cluster([port], validating({})))
      const response = await mesh.fetch('http://reviews/')
      const { flags, attempts } = mesh.outcome(response)!
      assert.deepEqual([response.status, flags.split(',')[0], attempts[0]!.failure], [503, 'UF', 'connect'])
    }
    assert.equal(other.requests + over.requests, 0)
    for (const data of plain.first) assert.equal(data[0], 0x16)
  })

  it('verifies what it asks for where it is told to (auto_sni, auto_san_validation, auto_host_sni, auto_sni_san_validation)', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make('reviews', 'node.shop.test'))
    const automatic = httpOptions({
      upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true },
      explicitHttpConfig: { httpProtocolOptions: {} },
    })
    const { mesh } = await meshFor(t, cluster([server.port], validating({}), automatic))
    assert.equal((await get(mesh)).status, '200')
    assert.equal((await get(mesh, 'http://reviews.shop/')).status, '503')
    const byEndpoint = validating({}, { autoHostSni: true, autoSniSanValidation: true, sni: 'unused.test' })
    for (const [hostname, status] of [
      ['node.shop.test', '200'],
      ['evil.test', '503'],
      ['', '503'],
    ]) {
      const { mesh: other } = await meshFor(t, cluster([server.port], byEndpoint, {}, hostname))
      assert.equal((await get(other)).status, status, hostname)
    }
    assert.deepEqual(server.serverNames, ['reviews', 'node.shop.test'])
  })

  it('shows its certificate to servers that ask for one', async (t) => {
    const { certificate, key } = authority.make('spiffe://shop.test/client')
    const options = { requestCert: true, rejectUnauthorized: true, ca: authority.certificate }
    const server = await TlsServer.start(t, 'a', authority.make('a.test'), options)
    const shown = {
      tlsCertificates: [{ certificateChain: { inlineString: certificate }, privateKey: { inlineString: key } }],
    }
    const context = { commonTlsContext: { validationContext: trusted, ...shown } }
    assert.equal((await get((await meshFor(t, cluster([server.port], context))).mesh)).status, '200')
    const anonymous = await meshFor(t, cluster([server.port], validating({})))
    assert.equal((await get(anonymous.mesh)).status, '503')
    assert.equal(server.requests, 1)
  })

  it('speaks what TLS agrees on where its protocol is left to that (auto_config)', async (t) => {
    const certificate = authority.make('a.test')
    const automatic = httpOptions({ autoConfig: { http2ProtocolOptions: {}, httpProtocolOptions: {} } })
    for (const [ALPNProtocols, version] of [
      [['h2', 'http/1.1'], '2.0'],
      [['http/1.1'], '1.1'],
    ] as const) {
      const server = await TlsServer.start(t, 'a', certificate, { ALPNProtocols: [...ALPNProtocols] })
      const { mesh } = await meshFor(t, cluster([server.port], validating({}), automatic))
      const answers = await Promise.all(Array.from({ length: 5 }, () => get(mesh)))
      assert.deepEqual(new Set(answers.map(({ httpVersion }) => httpVersion)), new Set([version]))
    }
  })

  it('keeps to the versions that it is told', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make('a.test'), { maxVersion: 'TLSv1.2' })
    const tlsParams = { tlsMinimumProtocolVersion: 'TLSv1_3' }
    const context = { commonTlsContext: { validationContext: trusted, tlsParams } }
    assert.equal((await get((await meshFor(t, cluster([server.port], context))).mesh)).status, '503')
    const ciphers = {
      cipherSuites: ['[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]'],
      ecdhCurves: ['P-256'],
    }
    const older = { commonTlsContext: { validationContext: trusted, tlsParams: ciphers } }
    assert.equal((await get((await meshFor(t, cluster([server.port], older))).mesh)).status, '200')
  })

  it('believes those of its newest context only', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make('a.test'))
    const { mesh, directory } = await meshFor(t, cluster([server.port], validating({})))
    assert.equal((await get(mesh)).status, '200')
    const others = {
      commonTlsContext: {
        validationContext: { trustedCa: { inlineString: new CertificateMaker('others').certificate } },
      },
    }
    await directory.write('cluster.json', cluster([server.port], others))
    await eventually(
      'the authority is not believed any more',
      () => get(mesh),
      ({ status }) => status === '503',
    )
    assert.equal((await get(mesh)).status, '503')
    await directory.write('cluster.json', cluster([server.port], validating({})))
    await eventually(
      'it is again',
      () => get(mesh),
      ({ status }) => status === '200',
    )
  })

  it('verifies https: calls by the same, and for their host where it names nobody', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make(SPIFFE))
    const names = { matchSubjectAltNames: [{ exact: SPIFFE }] }
    for (const [matchers, status] of [
      [names, '200'],
      [{}, '503'],
    ] as const) {
      const text = cluster([server.port], validating(matchers)).replaceAll('outbound|80|', 'outbound|443|')
      const { mesh } = await meshFor(t, text)
      assert.equal((await get(mesh, 'https://reviews/')).status, status)
      assert.equal((await get(mesh, 'http://reviews:443/')).status, '200')
      const own = request('https://reviews/', { agent: mesh.httpsAgent({ ca: authority.certificate }) }).end()
      const outcome = await once(own, 'response').catch(({ code }: NodeJS.ErrnoException) => code)
      assert.equal(outcome, 'ERR_INMESH_OPTIONS')
    }
    assert.deepEqual(new Set(server.serverNames), new Set(['reviews', '']))
  })
})

describe('a context that cannot be carried out', () => {
  const provider = { instanceName: 'default' }
  const { certificate, key } = authority.make('a.test')
  const refused: readonly [what: string, context: Json, field: RegExp][] = [
    ['no authority', {}, /trusted_ca/],
    ['an authority that is none', { validationContext: { trustedCa: { inlineString: 'nothing' } } }, /trusted_ca/],
    ['an empty authority', { validationContext: { trustedCa: { inlineString: '' } } }, /trusted_ca/],
    [
      'an authority in a file',
      { validationContext: { trustedCa: { filename: '/etc/passwd' } } },
      /trusted_ca\.filename/,
    ],
    [
      'a provider of authorities',
      { validationContext: { caCertificateProviderInstance: provider } },
      /ca_certificate_provider_instance/,
    ],
    [
      'a provider of certificates',
      { validationContext: trusted, tlsCertificateProviderInstance: provider },
      /tls_certificate_provider_instance/,
    ],
    ['SDS', { validationContextSdsSecretConfig: { name: 'ROOTCA' } }, /validation_context_sds_secret_config/],
    [
      'hashes of certificates',
      { validationContext: { ...trusted, verifyCertificateHash: ['00'] } },
      /verify_certificate_hash/,
    ],
    ['a revocation list', { validationContext: { ...trusted, crl: { inlineString: 'x' } } }, /crl/],
    [
      "a key that is not the certificate's",
      {
        validationContext: trusted,
        tlsCertificates: [
          { certificateChain: { inlineString: authority.certificate }, privateKey: { inlineString: key } },
        ],
      },
      /tls_certificates/,
    ],
    [
      'two certificates',
      {
        validationContext: trusted,
        tlsCertificates: [0, 1].map(() => ({
          certificateChain: { inlineString: certificate },
          privateKey: { inlineString: key },
        })),
      },
      /tls_certificates/,
    ],
    ['ciphers that nobody knows', { validationContext: trusted, tlsParams: { ecdhCurves: ['NONE'] } }, /tls_params/],
  ]
  for (const [what, common, field] of refused) {
    it(`(${what}) fails calls, says so and sends nothing`, async (t) => {
      const plain = await PlainServer.start(t)
      const { mesh } = await meshFor(t, cluster([plain.port], { commonTlsContext: common }))
      const response = await mesh.fetch('http://reviews/')
      assert.deepEqual([response.status, mesh.outcome(response)!.code], [503, 'ERR_INMESH_ROUTE_UNSUPPORTED'])
      assert.deepEqual(plain.first, [])
      const listed = mesh.unsupported().map((each) => JSON.stringify(each))
      assert.ok(
        listed.some((each) => field.test(each)),
        listed.join('\n'),
      )
      assert.doesNotMatch(listed.join(), /PRIVATE KEY/)
    })
  }
})
