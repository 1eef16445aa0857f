import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshClient } from '../support/mesh-client.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import { listedCatalog, listedService } from './catalog-configuration.js'
import { CatalogInstance } from './catalog-instance.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { catalogUrl } from './shop-mesh.js'

const clientScript = new URL('../support/mesh-client-script.js', import.meta.url)

async function instances(scope: TestScope, ...names: readonly string[]): Promise<CatalogInstance[]> {
  const started = names.map((name) => new CatalogInstance(scope, name, { INMESH_MODE: 'off' }))
  await Promise.all(started.map((instance) => instance.listen()))
  return started
}

describe('a mesh that reads a directory itself', () => {
  it('routes by the files and follows their changes; a bad change leaves the last good one in place', async (t) => {
    const [a, b] = await instances(t, 'a', 'b')
    const directory = await ConfigurationDirectory.create(t, { 'catalog.yaml': listedCatalog([a!.port]) })
    const client = await MeshClient.start(t, { INMESH_CONFIG: directory.path, INMESH_NAMESPACE: 'shop' })
    await client.answeredBy('a', catalogUrl)

    await directory.write('catalog.yaml', listedCatalog([b!.port]))
    await client.answeredBy('b', catalogUrl)

    const mark = client.process.output.length
    await directory.write('catalog.yaml', listedCatalog([a!.port]).replace('hosts:', 'host:'))
    await client.until('the refusal is logged', catalogUrl, () =>
      client.process.output.slice(mark).includes('spec.host'),
    )
    assert.equal((await client.get(catalogUrl)).server, 'b')

    await directory.write('catalog.yaml', listedCatalog([a!.port]))
    await client.answeredBy('a', catalogUrl)
  })

  it('is not made of a bad file: the error names file, line and field', async (t) => {
    const text = listedCatalog([]).replace('number: 80', 'number: http')
    const directory = await ConfigurationDirectory.create(t, { 'catalog.yaml': text })
    const process = TestProcess.node(t, clientScript, { env: { INMESH_CONFIG: directory.path } })
    assert.deepEqual(await process.exited, { code: 1, signal: null })
    assert.match(process.output, /ERR_INMESH_CONFIG_FILE/)
    const line = text.split('\n').findIndex((entry) => entry.includes('number: http')) + 1
    assert.match(process.output, new RegExp(`catalog\\.yaml:${line}\\b.*spec\\.ports\\[0\\]\\.number`))
  })
})

describe('a mesh that is switched off', () => {
  it('sends calls where their URL says, whatever the configuration says', async (t) => {
    const [instance] = await instances(t, 'a')
    // A name that no resolver may know (RFC 6761).
    const host = 'catalog.invalid'
    const text = listedService(host, 80, [instance!.port])
    const directory = await ConfigurationDirectory.create(t, { 'catalog.yaml': text })
    const env = { INMESH_CONFIG: directory.path }
    const [on, off] = await Promise.all([MeshClient.start(t, env), MeshClient.start(t, { ...env, INMESH_MODE: 'off' })])
    assert.equal((await on.get(`http://${host}/products`)).server, 'a')
    await assert.rejects(off.get(`http://${host}/products`), /ENOTFOUND|EAI_AGAIN/)
    assert.equal((await off.get(`http://${instance!.address}/products`)).server, 'a')
  })

  it('serves requests as they come, and closes gracefully', async (t) => {
    const [instance] = await instances(t, 'a')
    const client = await MeshClient.start(t, { INMESH_MODE: 'off' })
    const url = `http://${instance!.address}`
    const { body } = await client.get(`${url}/context`, { 'x-envoy-expected-rq-timeout-ms': '1000' })
    assert.deepEqual(JSON.parse(body), { server: 'a' }, 'neither trace nor deadline')

    const load = await client.load({ url: `${url}/products`, callers: 4 })
    await instance!.hold()
    await instance!.holds('GET', 4)
    const closed = instance!.close()
    await instance!.release()
    await closed
    await load.more(4)
    const { servers, failures } = await load.stop()
    assert.ok((servers.a ?? 0) >= 4)
    for (const failure of Object.keys(failures)) assert.match(failure, /ECONNREFUSED/)
  })
})
