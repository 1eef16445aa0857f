import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Agent, fetch as fetchOfUndici, getGlobalDispatcher, request, setGlobalDispatcher } from 'undici'
import { installGlobalDispatcher } from './global-dispatcher.js'
import { OutboundPolicy } from './outbound-policy.js'
import { ClientFixture } from './testing/client-fixture.js'

/** A server that answers with a word; for a host of the mesh, or one outside it. */
async function answering(context: TestContext, word: string): Promise<number> {
  const server = createServer((_request, response) => response.end(word)).listen(0, '127.0.0.1')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

/** The global dispatcher stays what it was before the test. */
function restored(context: TestContext): void {
  const before = getGlobalDispatcher()
  context.after(() => setGlobalDispatcher(before))
}

test('calls that name no dispatcher go through the mesh, and past it once that is undone', async (context) => {
  restored(context)
  const fixture = new ClientFixture(context)
  fixture.serve([await answering(context, 'of the mesh')])
  const before = getGlobalDispatcher()
  const uninstall = installGlobalDispatcher(fixture.dispatcher)
  assert.equal(await (await fetch('http://reviews/')).text(), 'of the mesh')
  assert.equal(await (await fetchOfUndici('http://reviews/')).text(), 'of the mesh')
  assert.equal(await (await request('http://reviews/')).body.text(), 'of the mesh')
  uninstall()
  assert.equal(getGlobalDispatcher(), before)
  await assert.rejects(request('http://reviews.invalid/'), { code: 'ENOTFOUND' })
})

test('hosts outside the mesh are called by the dispatcher that was there', async (context) => {
  restored(context)
  const port = await answering(context, 'from outside')
  const seen: string[] = []
  class Watched extends Agent {
    override dispatch(...[options, handler]: Parameters<Agent['dispatch']>): boolean {
      seen.push(String(options.origin))
      return super.dispatch(options, handler)
    }
  }
  const own = new Watched()
  context.after(() => own.close())
  setGlobalDispatcher(own)
  const fixture = new ClientFixture(context)
  fixture.serve([await answering(context, 'of the mesh')])
  fixture.source.set('elsewhere.invalid:80', 'unknown')
  const uninstall = installGlobalDispatcher(fixture.dispatcher)
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'from outside')
  await assert.rejects(request('http://elsewhere.invalid/'), { code: 'ENOTFOUND' })
  assert.equal(await (await fetch('http://reviews/')).text(), 'of the mesh')
  assert.deepEqual(seen, [`http://127.0.0.1:${port}`, 'http://elsewhere.invalid'])
  uninstall()
})

test('whoever took the place meanwhile keeps it, and the mesh behind it carries nothing any more', async (context) => {
  restored(context)
  const port = await answering(context, 'from outside')
  const fixture = new ClientFixture(context)
  fixture.serve([await answering(context, 'of the mesh')])
  const uninstall = installGlobalDispatcher(fixture.dispatcher)
  const inner = getGlobalDispatcher()
  const later = inner.compose((dispatch) => dispatch)
  setGlobalDispatcher(later)
  assert.equal(await (await request('http://reviews/')).body.text(), 'of the mesh')
  uninstall()
  assert.equal(getGlobalDispatcher(), later)
  assert.equal(await (await request(`http://127.0.0.1:${port}/`)).body.text(), 'from outside')
  await assert.rejects(request('http://reviews.invalid/'), { code: 'ENOTFOUND' })
})

test('two meshes stand one before the other', async (context) => {
  restored(context)
  const first = new ClientFixture(context)
  first.serve([await answering(context, 'of the first')])
  const second = new ClientFixture(context)
  second.source.set('reviews:80', 'unknown')
  const uninstallFirst = installGlobalDispatcher(first.dispatcher)
  const uninstallSecond = installGlobalDispatcher(second.dispatcher)
  assert.equal(await (await request('http://reviews/')).body.text(), 'of the first')
  uninstallSecond()
  assert.equal(await (await request('http://reviews/')).body.text(), 'of the first')
  uninstallFirst()
})

test('a host that may not be called is answered 502, or fails with a code', async (context) => {
  const port = await answering(context, 'from outside')
  const outbound = new OutboundPolicy({ unknown: 'registry-only', allowed: ['allowed.invalid'] })
  const fixture = new ClientFixture(context, undefined, { outbound })
  const throwing = new ClientFixture(context, undefined, { outbound, localReply: 'throw' })
  for (const each of [fixture, throwing]) {
    for (const name of ['refused.invalid:80', 'refused.invalid:443', 'allowed.invalid:80'])
      each.source.set(name, 'unknown')
  }
  for (const origin of ['http://refused.invalid', 'https://refused.invalid', 'http://192.0.2.1', 'https://192.0.2.1']) {
    const { statusCode, body } = await fixture.dispatcher.request({ origin, path: '/', method: 'GET' })
    assert.deepEqual([statusCode, await body.text()], [502, ''], origin)
    const failing = throwing.dispatcher.request({ origin, path: '/', method: 'GET' })
    await assert.rejects(failing, { code: 'ERR_INMESH_OUTBOUND_REFUSED' }, origin)
  }
  const allowed = fixture.dispatcher.request({ origin: 'http://allowed.invalid', path: '/', method: 'GET' })
  await assert.rejects(allowed, { code: 'ENOTFOUND' })
  const local = await fixture.dispatcher.request({ origin: `http://127.0.0.1:${port}`, path: '/', method: 'GET' })
  assert.equal(await local.body.text(), 'from outside')
})
