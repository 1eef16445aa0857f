import type { Readable } from 'node:stream'
import { errors, Response as UndiciResponse } from 'undici'
import { asNodeStream } from '../request-body.js'

/** A body in the form in which it is written. */
export type OutgoingBody =
  /** There is none. */
  | { readonly kind: 'none' }
  /** All of it is at hand. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** A Node stream. */
  | { readonly kind: 'stream'; readonly stream: Readable }
  /** Pieces one after the other. */
  | {
      readonly kind: 'pieces'
      readonly pieces: AsyncIterable<unknown> | Iterable<unknown>
      /** In bytes, where it is known. */
      readonly length?: number
      /** Content type, where the body tells it. */
      readonly type?: string
    }

const NONE: OutgoingBody = { kind: 'none' }

/**
 * @param body - As given to `dispatch`: all that undici takes.
 * @throws InvalidArgumentError of undici's for anything else.
 */
export function outgoingBody(body: unknown): OutgoingBody {
  if (body === null || body === undefined) return NONE
  if (typeof body === 'string') return ofBytes(Buffer.from(body))
  if (Buffer.isBuffer(body)) return ofBytes(body)
  if (ArrayBuffer.isView(body)) return ofBytes(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  if (body instanceof ArrayBuffer) return ofBytes(Buffer.from(body))
  const stream = asNodeStream(body)
  if (stream !== undefined) return { kind: 'stream', stream }
  if (body instanceof Blob) {
    return { kind: 'pieces', pieces: body.stream(), length: body.size, ...(body.type !== '' && { type: body.type }) }
  }
  if (isFormData(body)) return ofForm(body)
  const pieces = body as AsyncIterable<unknown> & Iterable<unknown>
  if (typeof pieces[Symbol.asyncIterator] === 'function' || typeof pieces[Symbol.iterator] === 'function') {
    return { kind: 'pieces', pieces }
  }
  throw new errors.InvalidArgumentError(
    'body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable',
  )
}

function ofBytes(bytes: Buffer): OutgoingBody {
  return bytes.length === 0 ? NONE : { kind: 'bytes', bytes }
}

function isFormData(body: unknown): body is FormData {
  return (body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'FormData'
}

/** Only the classes of the same library know each other. */
function ofForm(form: FormData): OutgoingBody {
  const response =
    form instanceof globalThis.FormData
      ? new globalThis.Response(form)
      : new UndiciResponse(form as ConstructorParameters<typeof UndiciResponse>[0])
  return {
    kind: 'pieces',
    pieces: response.body as AsyncIterable<unknown>,
    type: response.headers.get('content-type')!,
  }
}
