import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import type { MeshIncomingMessage, ServerHandler } from '@inmesh/http'
import { httpChain, httpFilter, served } from '../testing/inbound-listener.js'
import { inboundMesh, rawRequest } from '../testing/inbound-mesh.js'

const ALWAYS = { numerator: 100 }

const closed = (answer: string): boolean => answer === ''

const echo: ServerHandler = (request, response) => {
  const { headers, headersDistinct, rawHeaders, url, method } = request
  const { route } = request.mesh
  response.setHeader('x-app', 'yes')
  response.end(JSON.stringify({ headers, headersDistinct, rawHeaders, url, method, route }))
}

function abort(httpStatus: number, header: string): object {
  const headers = [{ name: header, presentMatch: true }]
  return httpFilter('fault', 'fault.v3.HTTPFault', { abort: { httpStatus, percentage: ALWAYS }, headers })
}

function header(key: string, value: string): object {
  return { header: { key, value }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }
}

describe('the inbound listener of a server', () => {
  test('changes requests in every form in which a handler reads them, and responses', async (context) => {
    const { url, configure } = await inboundMesh(context, echo)
    await configure({
      routes: [
        served({
          name: 'all',
          requestHeadersToAdd: [header('x-in', 'added'), header('x-given', 'replaced')],
          requestHeadersToRemove: ['x-secret'],
          responseHeadersToAdd: [header('x-out', 'added')],
          responseHeadersToRemove: ['x-app'],
        }),
      ],
    })
    const response = await fetch(`${url}/a?b=c`, { headers: { 'x-given': '1', 'X-Secret': '2' } })
    const seen = (await response.json()) as Record<string, Record<string, unknown> & string[]>
    assert.equal(seen.route, 'all')
    assert.deepEqual(
      [seen.headers!['x-in'], seen.headers!['x-given'], seen.headers!['x-secret']],
      ['added', 'replaced', undefined],
    )
    assert.deepEqual([seen.headersDistinct!['x-in'], seen.headersDistinct!['x-secret']], [['added'], undefined])
    const names = seen.rawHeaders!.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    assert.deepEqual([names.includes('x-in'), names.includes('x-secret')], [true, false])
    assert.deepEqual([response.headers.get('x-out'), response.headers.get('x-app')], ['added', null])
  })

  test('changes the head of a response however a handler writes it', async (context) => {
    const writers: Record<string, ServerHandler> = {
      end: (_, response) => response.end('x'),
      write: (_, response) => {
        response.write('x')
        response.end()
      },
      flush: (_, response) => {
        response.flushHeaders()
        response.end('x')
      },
      object: (_, response) => response.writeHead(201, { 'x-app': 'yes', 'x-list': ['a', 'b'] }).end('x'),
      list: (_, response) => response.writeHead(201, 'Fine', ['x-app', 'yes', 'x-list', 'a', 'x-list', 'b']).end('x'),
    }
    const { url, configure } = await inboundMesh(context, (request, response) =>
      (writers[request.url!.slice(1)] ?? echo)(request, response),
    )
    await configure({
      routes: [served({ responseHeadersToAdd: [header('x-out', 'added')], responseHeadersToRemove: ['x-app'] })],
    })
    for (const name of Object.keys(writers)) {
      const response = await fetch(`${url}/${name}`)
      assert.equal(await response.text(), 'x', name)
      assert.deepEqual([response.headers.get('x-out'), response.headers.get('x-app')], ['added', null], name)
      if (response.status === 201) assert.equal(response.headers.get('x-list'), 'a, b', name)
    }
  })

  test('answers in place of the handler: a fault, a redirect, a direct response, a request without a route', async (context) => {
    let handled = 0
    const { url, configure } = await inboundMesh(context, (request, response) => {
      if (request.url !== '/probe') handled++
      response.end()
    })
    await configure({
      filters: [abort(418, 'x-break')],
      manager: {
        localReplyConfig: {
          mappers: [
            {
              filter: { statusCodeFilter: { comparison: { op: 'EQ', value: { defaultValue: 418 } } } },
              body: { inlineString: 'short and stout' },
            },
          ],
        },
      },
      routes: [
        { match: { path: '/moved' }, redirect: { pathRedirect: '/new' } },
        { match: { path: '/fixed' }, directResponse: { status: 202, body: { inlineString: 'fixed' } } },
        served({}, { prefix: '/served' }),
      ],
    })
    const answer = async (path: string, headers = {}) => {
      const response = await fetch(url + path, { headers, redirect: 'manual' })
      return [response.status, await response.text()]
    }
    assert.deepEqual(await answer('/served', { 'x-break': '1' }), [418, 'short and stout'])
    assert.deepEqual(await answer('/moved'), [301, ''])
    assert.deepEqual(await answer('/fixed'), [202, 'fixed'])
    assert.deepEqual(await answer('/lost'), [404, ''])
    assert.equal(handled, 0)
    assert.deepEqual(await answer('/served'), [200, ''])
    const grpc = await fetch(`${url}/served`, { headers: { 'x-break': '1', 'content-type': 'application/grpc' } })
    assert.deepEqual([grpc.status, grpc.headers.get('grpc-status'), await grpc.text()], [200, '2', ''])
  })

  test('lets a route override a filter, and answers a preflight request of CORS', async (context) => {
    const { url, configure } = await inboundMesh(context, echo)
    const off = { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true }
    const cors = {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
      allowOriginStringMatch: [{ exact: 'https://shop.test' }],
      allowMethods: 'PUT',
    }
    await configure({
      filters: [httpFilter('cors', 'cors.v3.Cors'), abort(503, 'origin')],
      routes: [served({ typedPerFilterConfig: { cors, fault: off } }, { path: '/open' }), served()],
    })
    const preflight = { origin: 'https://shop.test', 'access-control-request-method': 'PUT' }
    const response = await fetch(`${url}/open`, { method: 'OPTIONS', headers: preflight })
    assert.deepEqual([response.status, response.headers.get('access-control-allow-methods')], [200, 'PUT'])
    const plain = await fetch(`${url}/open`, { headers: { origin: 'https://shop.test' } })
    assert.deepEqual([plain.status, plain.headers.get('access-control-allow-origin')], [200, 'https://shop.test'])
    assert.equal((await fetch(url, { headers: { origin: 'https://shop.test' } })).status, 503)
  })

  test('holds requests back, until the caller goes away', async (context) => {
    const handled: string[] = []
    const { url, configure, server } = await inboundMesh(context, (request, response) => {
      if (request.url !== '/probe') handled.push(request.url!)
      response.end()
    })
    const delay = (fixedDelay: string) => ({ fixedDelay, percentage: ALWAYS })
    const fault = (value: string) => ({
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
      delay: delay(value),
    })
    await configure({
      filters: [httpFilter('fault', 'fault.v3.HTTPFault')],
      routes: [
        served({ typedPerFilterConfig: { fault: fault('0.05s') } }, { path: '/short' }),
        served({ typedPerFilterConfig: { fault: fault('3600s') } }, { path: '/long' }),
      ],
    })
    assert.equal((await fetch(`${url}/short`)).status, 200)
    const call = get(`${url}/long`).on('error', () => {})
    const [socket] = (await once(server, 'connection')) as [Socket]
    await once(socket, 'data')
    assert.equal(server.inFlight, 1)
    call.destroy()
    await once(socket, 'close')
    assert.equal(server.inFlight, 0)
    assert.deepEqual(handled, ['/short'])
  })

  test('answers 504 where the time of the caller passes while a filter holds the request back', async (context) => {
    const { url, configure } = await inboundMesh(context, echo)
    const fault = {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
      delay: { fixedDelay: '3600s', percentage: ALWAYS },
    }
    const filters = [httpFilter('fault', 'fault.v3.HTTPFault')]
    await configure({ filters, routes: [served({ typedPerFilterConfig: { fault } })] })
    const response = await fetch(url, { headers: { 'x-envoy-expected-rq-timeout-ms': '50' } })
    assert.equal(response.status, 504)
  })

  test('lowers the deadline of the request to the time of its route', async (context) => {
    const { url, configure } = await inboundMesh(context, (request, response) => {
      response.end(String(request.mesh.timeLeftMs))
    })
    await configure({ routes: [{ match: { prefix: '/' }, route: { cluster: 'inbound|80||', timeout: '5s' } }] })
    const left = Number(await (await fetch(url)).text())
    assert.ok(left > 0 && left <= 5000, String(left))
  })

  test('closes connections that no chain is for, without a byte, and leaves those that it has', async (context) => {
    const { port, url, configure } = await inboundMesh(context, echo)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    context.after(() => agent.destroy())
    const kept = async (): Promise<string | undefined> => {
      const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
      return response.headers.connection
    }
    assert.equal(await kept(), 'keep-alive')
    await configure({
      chains: [httpChain({}, { filterChainMatch: { destinationPort: port, sourcePorts: [1] } })],
      applies: closed,
    })
    assert.equal(await kept(), 'close', 'its connection ends with the request')
    await assert.rejects(kept(), { code: 'ECONNRESET' })
  })

  test('closes plaintext connections that come to a chain for TLS', async (context) => {
    const { configure, mesh } = await inboundMesh(context, echo)
    const transportSocket = { name: 'envoy.transport_sockets.tls' }
    await configure({
      chains: [httpChain({}, { transportSocket }), httpChain({}, { filterChainMatch: { sourcePorts: [1] } })],
      applies: closed,
    })
    const listed = mesh.unsupported().map(({ field }) => field)
    assert.ok(listed.includes('filter_chains[0].transport_socket'), listed.join())
  })

  test('keeps WebSockets out as it does other requests', async (context) => {
    const { port, server, configure } = await inboundMesh(context, echo)
    server.on('upgrade', (request: MeshIncomingMessage, socket: Socket) => {
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${request.mesh.route}`)
    })
    await configure({ filters: [abort(403, 'x-break')], routes: [served({ name: 'sockets' })] })
    const upgrade = 'connection: upgrade\r\nupgrade: x\r\n'
    assert.match(await rawRequest(port, '/', upgrade), /^HTTP\/1\.1 101 .*sockets$/s)
    assert.match(await rawRequest(port, '/', `${upgrade}x-break: 1\r\n`), /^HTTP\/1\.1 403 .*connection: close/is)
  })

  test('does not apply to exempt paths', async (context) => {
    const { url, configure } = await inboundMesh(context, (_, response) => response.end('healthy'))
    await configure({ routes: [{ match: { prefix: '/' }, directResponse: { status: 403 } }] })
    assert.equal(await (await fetch(`${url}/health?full`)).text(), 'healthy')
    assert.equal((await fetch(`${url}/healthy`)).status, 403)
  })

  test('refuses requests by a filter that must not be left out', async (context) => {
    const { url, configure } = await inboundMesh(context, echo)
    await configure({
      filters: [httpFilter('who', 'rbac.v3.RBAC', { rules: {} })],
      applies: (answer) => answer.startsWith('HTTP/1.1 503'),
    })
    assert.match(await (await fetch(url)).text(), /RBAC/)
  })
})

test('tags are kept with the request for whoever observes it', async (context) => {
  const { url } = await inboundMesh(context, (request, response) => {
    request.mesh.tag('shop.tenant', 'a')
    request.mesh.tag('shop.tenant', 'b')
    request.mesh.tag('shop.items', 3)
    response.end(JSON.stringify([...request.mesh.tags, request.mesh.peer ?? null, request.mesh.route ?? null]))
  })
  assert.deepEqual(await (await fetch(url)).json(), [['shop.tenant', 'b'], ['shop.items', 3], null, null])
})
