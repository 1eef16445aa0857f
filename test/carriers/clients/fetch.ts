import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Mesh, MeshRequestInit } from 'inmesh'
import { fetch as fetchOfUndici6 } from 'undici-6'
import { type Answer, type Carrier, nothing, type Question } from '../carrier.js'

/** What all kinds of `fetch` answer. */
interface FetchResponse {
  readonly status: number
  readonly headers: Iterable<[string, string]>
  readonly body: unknown
}

type FetchInit = MeshRequestInit & { readonly duplex: 'half' }

/** As a user of `fetch` writes it. */
function initOf({ method = 'GET', headers = {}, body, signal, timeoutMs, follow }: Question): FetchInit {
  return {
    method,
    headers,
    body: (body ?? null) as string | null,
    duplex: 'half',
    redirect: follow === true ? 'follow' : 'manual',
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
  }
}

function answerOf(response: FetchResponse): Answer {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: response.body === null ? nothing() : Readable.fromWeb(response.body as ReadableStream),
    handle: response,
  }
}

function fetchCarrier(
  name: string,
  send: (mesh: Mesh, url: string, init: FetchInit) => Promise<FetchResponse>,
): Carrier {
  return {
    name,
    kind: 'request',
    async open(mesh, url, question = {}) {
      return answerOf(await send(mesh, url, initOf(question)))
    },
    async upgrade(mesh, url, protocol) {
      return answerOf(await send(mesh, url, initOf({ headers: { connection: 'upgrade', upgrade: protocol } })))
    },
  }
}

export const fetchCarriers: readonly Carrier[] = [
  fetchCarrier('mesh.fetch', (mesh, url, init) => mesh.fetch(url, init)),
  fetchCarrier('mesh.service().fetch', (mesh, url, init) => mesh.service(new URL(url).host).fetch(url, init)),
  fetchCarrier('fetch, installGlobal', async (mesh, url, init) => {
    const uninstall = mesh.installGlobal()
    try {
      return (await fetch(url, init as RequestInit)) as unknown as FetchResponse
    } finally {
      uninstall()
    }
  }),
  fetchCarrier('fetch, dispatcher', async (mesh, url, init) => {
    const given = { ...init, dispatcher: mesh.dispatcher() } as unknown as RequestInit
    return (await fetch(url, given)) as unknown as FetchResponse
  }),
  fetchCarrier('undici 6 fetch', async (mesh, url, init) => {
    const given = { ...init, dispatcher: mesh.dispatcher() } as unknown as Parameters<typeof fetchOfUndici6>[1]
    return (await fetchOfUndici6(url, given)) as FetchResponse
  }),
]
