import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { createMesh, type Mesh } from 'inmesh'
import { WebSocket, WebSocketServer } from 'ws'
import { CertificateMaker } from '../support/certificate-maker.js'
import { MeshClient } from '../support/mesh-client.js'
import { suiteScope } from '../support/suite-scope.js'
import type { TestScope } from '../support/test-process.js'
import { PlainServer, TlsServer } from '../support/tls-server.js'
import { ConfigurationDirectory } from './configuration-directory.js'

const authority = new CertificateMaker()

/** A service whose endpoints listen at ports of this machine. */
function service(host: string, protocol: string, ports: readonly number[]): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replaceAll('.', '-')}, namespace: shop }
spec:
  hosts: [${host}]
  resolution: STATIC
  ports: [{ name: main, number: 443, protocol: ${protocol} }]
  endpoints:
${ports.map((port) => `  - { address: 127.0.0.1, ports: { main: ${port} } }`).join('\n')}
`
}

/** A client of the mesh that trusts the authority as it trusts those of the web. */
async function trustingClient(scope: TestScope, directory: ConfigurationDirectory): Promise<MeshClient> {
  await directory.write('authority.pem', authority.certificate)
  return MeshClient.start(scope, {
    INMESH_CONFIG: directory.path,
    NODE_EXTRA_CA_CERTS: join(directory.path, 'authority.pem'),
  })
}

async function getOver(mesh: Mesh, url: string, ca?: string): Promise<{ status: number; body: string }> {
  const sent = request(url, { agent: mesh.httpsAgent({ ca }) }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode!, body: await text(response) }
}

describe('an https: call to a host of the mesh', () => {
  for (const protocol of ['HTTP', 'HTTPS', 'TLS', 'TCP']) {
    it(`is balanced over the endpoints of a port of protocol ${protocol}, which answer for the host of the URL`, async (t) => {
      const certificate = authority.make('www.shop.test')
      const servers = await Promise.all(['a', 'b'].map((name) => TlsServer.start(t, name, certificate)))
      const ports = servers.map(({ port }) => port)
      const directory = await ConfigurationDirectory.create(t, {
        'www.yaml': service('www.shop.test', protocol, ports),
      })
      const client = await trustingClient(t, directory)
      const answers = await Promise.all(Array.from({ length: 6 }, () => client.get('https://www.shop.test/p?q=1')))
      assert.deepEqual(new Set(answers.map(({ server }) => server)), new Set(['a', 'b']))
      const { authority: host, url } = JSON.parse(answers[0]!.body) as { authority: string; url: string }
      assert.deepEqual([host, url], ['www.shop.test', '/p?q=1'])
      assert.deepEqual(new Set(servers.flatMap(({ serverNames }) => serverNames)), new Set(['www.shop.test']))
    })
  }

  const wrong: readonly [
    what: string,
    names: readonly string[],
    parts: { notAfter?: string },
    maker: CertificateMaker,
  ][] = [
    ['another name', ['api.shop.test', '127.0.0.1', 'localhost'], {}, authority],
    ['another authority', ['www.shop.test'], {}, new CertificateMaker()],
    ['a time that is over', ['www.shop.test'], { notAfter: '20210101000000Z' }, authority],
  ]
  for (const [what, names, parts, maker] of wrong) {
    it(`fails when the certificate is of ${what}, and sends nothing`, async (t) => {
      const server = await TlsServer.start(t, 'a', maker.makeWith(parts, ...names))
      const files = { 'www.yaml': service('www.shop.test', 'HTTP', [server.port]) }
      const client = await trustingClient(t, await ConfigurationDirectory.create(t, files))
      const answer = await client.get('https://www.shop.test/')
      assert.equal(answer.status, 503)
      assert.match(answer.body, /connect/)
      assert.equal(server.requests, 0)
    })
  }

  it('never falls back to plaintext', async (t) => {
    const plain = await PlainServer.start(t)
    const files = { 'www.yaml': service('www.shop.test', 'HTTP', [plain.port]) }
    const client = await trustingClient(t, await ConfigurationDirectory.create(t, files))
    assert.equal((await client.get('https://www.shop.test/')).status, 503)
    assert.ok(plain.first.length > 0)
    for (const data of plain.first) assert.equal(data[0], 0x16, 'the first byte of a TLS handshake')
  })

  it('goes in HTTP/2 where the cluster says so', async (t) => {
    const server = await TlsServer.start(t, 'a', authority.make('www.shop.test'))
    const files = { 'www.yaml': service('www.shop.test', 'HTTP2', [server.port]) }
    const client = await trustingClient(t, await ConfigurationDirectory.create(t, files))
    const answer = JSON.parse((await client.get('https://www.shop.test/')).body) as Record<string, string>
    assert.deepEqual([answer.httpVersion, answer.authority], ['2.0', 'www.shop.test'])
  })
})

describe('authorities of an agent', () => {
  const scope = suiteScope()
  let mesh: Mesh
  after(() => mesh?.close())

  it("verify its calls in the mesh, and nobody else's", async () => {
    const server = await TlsServer.start(scope, 'a', authority.make('www.shop.test', '127.0.0.1'))
    const files = { 'www.yaml': service('www.shop.test', 'HTTP', [server.port]) }
    const { path: config } = await ConfigurationDirectory.create(scope, files)
    mesh = await createMesh({ config, localReply: 'throw' })
    const { status } = await getOver(mesh, 'https://www.shop.test/', authority.certificate)
    assert.equal(status, 200)
    await assert.rejects(getOver(mesh, 'https://www.shop.test/'), { code: 'ERR_INMESH_CONNECT' })
    const others = new CertificateMaker('others').certificate
    await assert.rejects(getOver(mesh, 'https://www.shop.test/', others), { code: 'ERR_INMESH_CONNECT' })
    assert.equal(server.requests, 1)
    // Outside the mesh the same holds.
    const outside = `https://127.0.0.1:${server.port}/`
    assert.equal((await getOver(mesh, outside, authority.certificate)).status, 200)
    await assert.rejects(getOver(mesh, outside, others), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  })

  it('verify WebSockets too', async (t) => {
    const { certificate: cert, key } = authority.make('chat.shop.test')
    const server = createServer({ cert, key }).listen(0, '127.0.0.1')
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data) => socket.send(`${data}!`)),
    )
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    await once(server, 'listening')
    const files = { 'chat.yaml': service('chat.shop.test', 'HTTP', [(server.address() as AddressInfo).port]) }
    const { path: config } = await ConfigurationDirectory.create(t, files)
    await using mesh = await createMesh({ config })
    const trusting = new WebSocket('wss://chat.shop.test/', { agent: mesh.httpsAgent({ ca: authority.certificate }) })
    trusting.on('open', () => trusting.send('hello'))
    const [data] = (await once(trusting, 'message')) as [Buffer]
    assert.equal(data.toString(), 'hello!')
    trusting.terminate()
    const others = new WebSocket('wss://chat.shop.test/', { agent: mesh.httpsAgent() })
    const [error] = (await once(others, 'error')) as [Error]
    assert.match(error.message, /503/)
  })

  it('must be certificates', () => {
    for (const ca of ['', 'nothing of the kind', []]) {
      assert.throws(() => mesh.httpsAgent({ ca }), { code: 'ERR_INMESH_OPTIONS', message: /\bca\b/ })
    }
  })
})
