import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { MeshProcess } from './harness/mesh-process.js'
import {
  brokenRoutes,
  listener,
  routes,
  routesBy,
  servedBy,
  serverChain,
  serverListener,
  to,
} from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'

/** What came back; a connection that was closed without an answer has the status 0. */
interface Answer {
  readonly status: number
  readonly route: string | undefined
  readonly closes: boolean
}

const CLOSED: Answer = { status: 0, route: undefined, closes: true }

async function ask(port: number, agent = new Agent()): Promise<Answer> {
  const call = get({ host: '127.0.0.1', port, agent })
  try {
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    const { statusCode = 0, headers } = response
    return {
      status: statusCode,
      route: headers['x-route'] as string | undefined,
      closes: headers.connection === 'close',
    }
  } catch {
    return CLOSED
  } finally {
    call.destroy()
  }
}

/** An agent with one connection. */
function connection(t: TestContext): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  return agent
}

const inline = (...list: Parameters<typeof routes>[1][]) => ({
  route_config: { virtual_hosts: routes('', ...list).virtual_hosts },
})
const served = (name: string) => serverChain(inline(servedBy(name)))

describe('servers', () => {
  async function serving(t: TestContext, options: Parameters<typeof MeshProcess.connected>[2] = {}) {
    const plane = await ScriptedControlPlane.start(t, [listener('nobody')])
    const mesh = await MeshProcess.connected(t, plane, options)
    const port = await mesh.listen()
    const { name } = serverListener(port)
    return { plane, mesh, port, name: String(name) }
  }

  function answers(port: number, what: string, passes: (answer: Answer) => boolean): Promise<Answer> {
    return eventually(what, () => ask(port), passes)
  }

  const byRoute = (port: number, name: string) => answers(port, `${name} answers`, ({ route }) => route === name)

  it('#37 a deleted listener of a server stays in use', async (t) => {
    const { plane, mesh, port, name } = await serving(t)
    await plane.set('1', serverListener(port, served('first')))
    await byRoute(port, 'first')
    await plane.remove('2', 'Listener', name)
    await plane.acknowledged('Listener', '2')
    await mesh.logged(/deleted/)
    assert.equal((await ask(port)).route, 'first')
  })

  it('#37 a deleted listener stops its server with server_features [fail_on_data_errors], until it is back', async (t) => {
    const { plane, mesh, port, name } = await serving(t, { serverFeatures: ['fail_on_data_errors'] })
    await plane.set('1', serverListener(port, served('first')))
    await byRoute(port, 'first')
    const agent = connection(t)
    await ask(port, agent)
    await plane.remove('2', 'Listener', name)
    await answers(port, 'the server does not serve', ({ status }) => status === 503)
    assert.deepEqual(await ask(port, agent), { status: 503, route: undefined, closes: true })
    const { ready, reasons } = await mesh.readiness()
    assert.equal(ready, false)
    assert.match(reasons.join(), /no longer has the listener/)
    await plane.set('3', serverListener(port, served('first')))
    await byRoute(port, 'first')
    assert.deepEqual(await mesh.readiness(), { ready: true, reasons: [] })
  })

  it('#114 a server without a listener does not serve where one is required, and serves once it comes', async (t) => {
    const { plane, port, mesh } = await serving(t, { inboundListener: 'required', unknownHostTimeoutMs: 1 })
    assert.equal((await ask(port)).status, 503)
    assert.equal((await mesh.readiness()).ready, false)
    await plane.set('1', serverListener(port, served('first')))
    await byRoute(port, 'first')
  })

  it('#115 a listener for another address, and one for clients, stop their server and are no reason for a NACK', async (t) => {
    const { plane, port, name } = await serving(t)
    await plane.set('1', { ...serverListener(port + 1, served('other')), name })
    await answers(port, 'the server does not serve', ({ status }) => status === 503)
    await plane.acknowledged('Listener', '1')
    await plane.set('2', serverListener(port, served('right')))
    await byRoute(port, 'right')
    await plane.set('3', listener(name))
    await answers(port, 'the server does not serve', ({ status }) => status === 503)
    await plane.acknowledged('Listener', '3')
  })

  it('#116 requests fail while their routes are missing or refused, and by a route that forwards', async (t) => {
    const { plane, port } = await serving(t)
    await plane.set('1', serverListener(port, serverChain(routesBy('r'))), brokenRoutes('r'))
    await answers(port, 'requests fail', ({ status }) => status === 503)
    await plane.set('2', routes('r', servedBy('first')))
    await byRoute(port, 'first')
    await plane.set('3', brokenRoutes('r'))
    await plane.rejected('RouteConfiguration', plane.mark - 1)
    assert.equal((await ask(port)).route, 'first')
    await plane.set('4', routes('r', to('elsewhere')))
    await answers(port, 'requests fail', ({ status }) => status === 503)
  })

  it('#117 connections stay when the listener changes in nothing that matters, and when only its routes change', async (t) => {
    const { plane, port } = await serving(t)
    await plane.set('1', serverListener(port, serverChain(routesBy('r'))), routes('r', servedBy('first')))
    await byRoute(port, 'first')
    const agent = connection(t)
    assert.deepEqual(await ask(port, agent), { status: 200, route: 'first', closes: false })
    await plane.set('2', { ...serverListener(port, serverChain(routesBy('r'))), stat_prefix: 'of no bearing' })
    await plane.acknowledged('Listener', '2')
    assert.deepEqual(await ask(port, agent), { status: 200, route: 'first', closes: false })
    await plane.set('3', routes('r', servedBy('second')))
    await byRoute(port, 'second')
    assert.deepEqual(await ask(port, agent), { status: 200, route: 'second', closes: false })
  })

  it('#114 connections of a listener that changes end with their requests, which it still answers', async (t) => {
    const { plane, port } = await serving(t)
    await plane.set('1', serverListener(port, served('first')))
    await byRoute(port, 'first')
    const agent = connection(t)
    await ask(port, agent)
    await plane.set('2', serverListener(port, served('second')))
    await byRoute(port, 'second')
    assert.deepEqual(await ask(port, agent), { status: 200, route: 'first', closes: true })
    assert.deepEqual(await ask(port, agent), { status: 200, route: 'second', closes: false })
  })

  it('#118 #122 connections take the routes of the chain that fits best, and are closed where none does', async (t) => {
    const { plane, port } = await serving(t)
    const chain = (name: string, filter_chain_match: object) => serverChain(routesBy(name), { filter_chain_match })
    const source = (address_prefix: string, prefix_len: number) => ({
      source_prefix_ranges: [{ address_prefix, prefix_len }],
    })
    await plane.set(
      '1',
      serverListener(
        port,
        chain('wide', source('127.0.0.0', 8)),
        chain('narrow', source('127.0.0.1', 32)),
        chain('names', { server_names: ['shop.test'], transport_protocol: 'tls' }),
      ),
      ...['wide', 'narrow', 'names'].map((name) => routes(name, servedBy(name))),
    )
    await byRoute(port, 'narrow')
    await plane.set(
      '2',
      serverListener(port, chain('other', source('192.0.2.0', 24))),
      routes('other', servedBy('other')),
    )
    await answers(port, 'connections are closed', ({ status }) => status === 0)
  })
})
