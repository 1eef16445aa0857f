import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import axios from 'axios'
import got from 'got'
import type { Mesh } from 'inmesh'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface HttpQuestion {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal
  /** Whether redirects are followed. Default false. */
  readonly follow?: boolean
}

/** A library that is built on node:http, with agents of a mesh. */
export interface HttpClient {
  readonly name: string
  /** Sends a request; fails where there is no response, with an error whose `code` is that of the mesh. */
  send(mesh: Mesh, url: string, question?: HttpQuestion): Promise<HttpAnswer>
}

export const httpClients: readonly HttpClient[] = [
  {
    name: 'http.request',
    async send(mesh, url, { method = 'GET', headers = {}, body, signal, follow = false } = {}) {
      const options = { method, headers, ...(signal && { signal }) }
      const sent = url.startsWith('https:')
        ? requestHttps(url, { agent: mesh.httpsAgent(), ...options })
        : requestHttp(url, { agent: mesh.httpAgent(), ...options })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      const text = (await buffer(response)).toString()
      const { location } = response.headers
      if (follow && location !== undefined) return this.send(mesh, location)
      return { status: response.statusCode!, headers: response.headers, text }
    },
  },
  {
    name: 'axios',
    async send(mesh, url, { method = 'GET', headers = {}, body, signal, follow = false } = {}) {
      const {
        status,
        headers: answered,
        data,
      } = await axios.request<string>({
        url,
        method,
        headers,
        data: body,
        ...(signal && { signal }),
        adapter: 'http',
        httpAgent: mesh.httpAgent(),
        httpsAgent: mesh.httpsAgent(),
        maxRedirects: follow ? 5 : 0,
        responseType: 'text',
        transformResponse: (text: string) => text,
        validateStatus: () => true,
      })
      return { status, headers: answered, text: data }
    },
  },
  {
    name: 'got',
    async send(mesh, url, { method = 'GET', headers = {}, body, signal, follow = false } = {}) {
      const {
        statusCode,
        headers: answered,
        body: text,
      } = await got(url, {
        method: method as 'GET',
        headers,
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
        agent: { http: mesh.httpAgent(), https: mesh.httpsAgent() },
        followRedirect: follow,
        throwHttpErrors: false,
        retry: { limit: 0 },
      })
      return { status: statusCode, headers: answered, text }
    },
  },
]
