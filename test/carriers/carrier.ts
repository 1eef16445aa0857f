import { Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Mesh } from 'inmesh'

/** A request as a user of any client would put it. */
export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent as it is produced. */
  readonly body?: string | Readable
  /** Sent behind the body, where the client has a way to say so. */
  readonly trailers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Time limit that is given to the mesh with the request, in milliseconds. */
  readonly timeoutMs?: number
  /** Whether the client follows redirects. Default false. */
  readonly follow?: boolean
}

export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** What a client shows of a response once its head is there. */
export interface Answer {
  readonly status: number
  /** Undefined where the client does not show them. */
  readonly headers: HeaderFields | undefined
  /** What the server sends: of an upgrade, over its connection. */
  readonly body: Readable
  /** To be asked after the body; undefined where the client does not show them. */
  readonly trailers?: () => HeaderFields | Promise<HeaderFields>
  /** Responses before the response; undefined where the client does not show them. */
  readonly early?: readonly { readonly status: number; readonly headers: HeaderFields }[]
  /** What `mesh.outcome()` is asked about; undefined where the client gives nothing that belongs to this call alone. */
  readonly handle: object | undefined
  /** Takes what is sent over the connection of an upgrade. */
  readonly sink?: Writable
  /** Ends the connection of an upgrade. */
  readonly close?: () => void
}

/** A client with the mesh behind it, as its users write it. */
export interface Carrier {
  readonly name: string
  /** Whether it makes requests, or asks for another protocol and uses the connection for that. */
  readonly kind: 'request' | 'upgrade'
  /** Why this Node does not have it; absent where it has. */
  readonly missing?: string | undefined
  /** Whether the client can send trailers. Default false. */
  readonly sendsTrailers?: boolean
  /** Sends a request. Resolves with the head of the response; fails where there is none. */
  open(mesh: Mesh, url: string, question?: Question): Promise<Answer>
  /** Asks for another protocol in the way that the client has for it; undefined where every request of it does that. */
  upgrade?(mesh: Mesh, url: string, protocol: string): Promise<Answer>
}

/** The error of a call as its `catch` sees it, or what is below it: the first that has a code of the mesh, else of anybody. */
export function codeOf(error: unknown): string | undefined {
  const codes: string[] = []
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown }
    if (typeof code === 'string') codes.push(code)
  }
  return codes.find((code) => code.startsWith('ERR_INMESH_')) ?? codes[0]
}

/** All of a body. */
export async function textOf({ body }: Answer): Promise<string> {
  return await text(body)
}

/** No body. */
export function nothing(): Readable {
  return Readable.from([])
}
