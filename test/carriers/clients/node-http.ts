import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import axios from 'axios'
import got from 'got'
import type { Mesh, MeshClientRequestOptions } from 'inmesh'
import type { Answer, Carrier, HeaderFields } from '../carrier.js'
import { socketAnswer } from './undici.js'

type Early = { status: number; headers: HeaderFields }[]

function answerOf(response: IncomingMessage, early: Early | undefined, handle: object): Answer {
  return {
    status: response.statusCode!,
    headers: response.headers,
    body: response,
    trailers: () => response.trailers,
    ...(early && { early }),
    handle,
  }
}

/** What comes of a request of node's client. */
async function answered(sent: ClientRequest, early: Early): Promise<Answer> {
  sent.on('information', ({ statusCode, headers }) => early.push({ status: statusCode, headers }))
  const upgraded = once(sent, 'upgrade').then(([response, socket]) => {
    const { statusCode, headers } = response as IncomingMessage
    return socketAnswer(statusCode!, headers, socket as Duplex, sent)
  })
  const responded = once(sent, 'response').then(([response]) => answerOf(response as IncomingMessage, early, sent))
  return await Promise.race([upgraded, responded])
}

/**
 * Node's own client.
 *
 * @param name - Of the carrier.
 * @param install - Makes the mesh carry a request that is made meanwhile.
 * @param agentOf - What a request is given for that.
 */
function nodeHttp(
  name: string,
  install: (mesh: Mesh) => () => void,
  agentOf: (mesh: Mesh) => MeshClientRequestOptions,
): Carrier {
  const make = (mesh: Mesh, url: string, options: MeshClientRequestOptions): ClientRequest => {
    const uninstall = install(mesh)
    try {
      return requestHttp(url, { ...options, ...agentOf(mesh) })
    } finally {
      uninstall()
    }
  }
  return {
    name,
    kind: 'request',
    sendsTrailers: true,
    async open(mesh, url, { method = 'GET', headers = {}, body, trailers, signal, timeoutMs, follow } = {}) {
      const sent = make(mesh, url, {
        method,
        headers: { ...headers, ...(trailers && { trailer: Object.keys(trailers).join() }) },
        ...(signal && { signal }),
        ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
      })
      const early: Early = []
      const answer = answered(sent, early)
      if (trailers !== undefined) sent.addTrailers(trailers)
      if (body instanceof Readable) {
        sent.flushHeaders()
        body.pipe(sent)
      } else sent.end(body)
      const { headers: told } = await answer
      // Node's client follows no redirect; its users do.
      if (follow === true && typeof told?.location === 'string') return this.open(mesh, told.location)
      return await answer
    },
    async upgrade(mesh, url, upgrade) {
      const sent = make(mesh, url, { headers: { connection: 'upgrade', upgrade } })
      sent.end()
      return await answered(sent, [])
    },
  }
}

const withAgent = nodeHttp(
  'http.request',
  () => () => {},
  (mesh) => ({ agent: mesh.httpAgent() }),
)
const captured = nodeHttp(
  'http.request, installGlobal',
  (mesh) => mesh.installGlobal({ nodeHttp: true }),
  () => ({}),
)

const axiosCarrier: Carrier = {
  name: 'axios',
  kind: 'request',
  async open(mesh, url, { method = 'GET', headers = {}, body, signal, timeoutMs, follow } = {}) {
    const {
      status,
      headers: told,
      data,
      request,
    } = await axios.request<IncomingMessage>({
      url,
      method,
      headers,
      data: body,
      ...(signal && { signal }),
      adapter: 'http',
      httpAgent: mesh.httpAgent(timeoutMs === undefined ? {} : { mesh: { timeoutMs } }),
      maxRedirects: follow === true ? 5 : 0,
      responseType: 'stream',
      validateStatus: () => true,
    })
    return {
      status,
      headers: told as HeaderFields,
      body: data,
      handle: (request as { res?: IncomingMessage }).res ?? data,
    }
  },
}

const gotCarrier: Carrier = {
  name: 'got',
  kind: 'request',
  async open(mesh, url, { method = 'GET', headers = {}, body, signal, timeoutMs, follow } = {}) {
    const sent = got.stream(url, {
      method: method as 'GET',
      headers,
      ...(typeof body === 'string' && { body }),
      ...(signal && { signal }),
      agent: { http: mesh.httpAgent(timeoutMs === undefined ? {} : { mesh: { timeoutMs } }) },
      followRedirect: follow === true,
      throwHttpErrors: false,
      retry: { limit: 0 },
    })
    if (body instanceof Readable) body.pipe(sent)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: response.statusCode!, headers: response.headers, body: sent, handle: response }
  },
}

export const nodeHttpCarriers: readonly Carrier[] = [withAgent, captured, axiosCarrier, gotCarrier]
