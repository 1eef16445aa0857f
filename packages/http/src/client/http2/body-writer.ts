import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { errors } from 'undici'
import { discardBody } from '../request-body.js'
import type { OutgoingBody } from './outgoing-body.js'

/** Told of what a {@link BodyWriter} does. */
export interface BodyObserver {
  /** A part was handed to the connection. */
  onBodySent(chunk: unknown): void
  /** All of it was. */
  onRequestSent(): void
}

/** Writes the body of a request to its stream, no faster than the server reads. */
export class BodyWriter {
  readonly #target: ClientHttp2Stream
  readonly #observer: BodyObserver
  readonly #failed: (error: Error) => void
  /** What the head says; undefined when it says nothing. */
  readonly #length: number | undefined
  #sent = 0
  #source: Readable | undefined = undefined
  #ended = false
  #resume: (() => void) | undefined = undefined

  /**
   * @param target - Where to write.
   * @param length - Bytes that the head announces.
   * @param observer - Told of everything that goes well.
   * @param failed - Told of an error of the body; nothing follows.
   */
  constructor(
    target: ClientHttp2Stream,
    length: number | undefined,
    observer: BodyObserver,
    failed: (error: Error) => void,
  ) {
    this.#target = target
    this.#length = length
    this.#observer = observer
    this.#failed = failed
  }

  /** Begins to write. */
  write(body: OutgoingBody): void {
    switch (body.kind) {
      case 'none':
        this.#ended = true
        this.#observer.onRequestSent()
        break
      case 'bytes':
        this.#ended = true
        this.#target.end(body.bytes)
        this.#observer.onBodySent(body.bytes)
        this.#observer.onRequestSent()
        break
      case 'stream':
        this.#pipe(body.stream)
        break
      case 'pieces':
        void this.#iterate(body.pieces)
        break
    }
  }

  /** Writes no more, and lets go of what is not read. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#detach()
    // Nobody listens any more, and an error of a stream that nobody hears ends the process.
    this.#source?.on('error', () => {})
    discardBody(this.#source)
    this.#resume?.()
  }

  #pipe(source: Readable): void {
    this.#source = source
    // It may have ended, or broken, while the request waited.
    if (source.errored) {
      process.nextTick(this.#broken, source.errored)
      return
    }
    if (source.readableEnded || source.destroyed) {
      process.nextTick(source.readableEnded ? this.#complete : this.#closed)
      return
    }
    this.#target.on('drain', this.#drained)
    source.on('data', this.#chunk).on('end', this.#complete).on('error', this.#broken).on('close', this.#closed)
    source.resume()
  }

  async #iterate(pieces: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const drained = (): void => this.#resume?.()
    this.#target.on('drain', drained)
    try {
      for await (const piece of pieces) {
        if (this.#ended) return
        if (!this.#put(piece)) {
          await new Promise<void>((resolve) => {
            this.#resume = resolve
          })
        }
        if (this.#ended) return
      }
      this.#complete()
    } catch (error) {
      this.#broken(error as Error)
    } finally {
      this.#target.off('drain', drained)
    }
  }

  /** @returns whether more may follow at once. */
  #put(chunk: unknown): boolean {
    const length = typeof chunk === 'string' ? Buffer.byteLength(chunk) : (chunk as Uint8Array).byteLength
    if (length === undefined) throw new errors.InvalidArgumentError('a body consists of strings and bytes')
    this.#sent += length
    if (this.#length !== undefined && this.#sent > this.#length) throw new errors.RequestContentLengthMismatchError()
    const more = this.#target.write(chunk)
    this.#observer.onBodySent(chunk)
    return more
  }

  readonly #chunk = (chunk: unknown): void => {
    try {
      if (!this.#put(chunk)) this.#source!.pause()
    } catch (error) {
      this.#broken(error as Error)
    }
  }

  readonly #drained = (): void => {
    this.#source!.resume()
  }

  readonly #complete = (): void => {
    if (this.#ended) return
    if (this.#length !== undefined && this.#sent < this.#length) {
      this.#broken(new errors.RequestContentLengthMismatchError())
      return
    }
    this.#ended = true
    this.#detach()
    this.#target.end()
    this.#observer.onRequestSent()
  }

  readonly #broken = (error: Error): void => {
    if (this.#ended) return
    this.stop()
    this.#failed(error)
  }

  readonly #closed = (): void => {
    if (!this.#ended) this.#broken(new errors.RequestAbortedError())
  }

  #detach(): void {
    this.#target.off('drain', this.#drained)
    this.#source
      ?.off('data', this.#chunk)
      .off('end', this.#complete)
      .off('error', this.#broken)
      .off('close', this.#closed)
  }
}
