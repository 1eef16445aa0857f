import type { ClientHttp2Stream } from 'node:http2'
import { Duplex } from 'node:stream'

/**
 * The stream of an upgrade as the connection that its caller asked for in the words of HTTP/1.1. undici's WebSocket takes whatever has a
 * `session` for a stream of undici's own, whose status is never 101, and would wait for one without end.
 */
export class TunnelSocket extends Duplex {
  readonly #stream: ClientHttp2Stream
  #ended = false

  /**
   * @param stream - The stream of the request, its response begun.
   */
  constructor(stream: ClientHttp2Stream) {
    super()
    this.#stream = stream
    stream.on('data', (chunk) => {
      if (!this.push(chunk)) stream.pause()
    })
    stream.on('end', () => {
      this.#ended = true
      this.push(null)
    })
    stream.on('error', (error) => this.destroy(error))
    stream.on('close', () => {
      if (this.#ended) this.end()
      else this.destroy()
    })
  }

  override _read(): void {
    this.#stream.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#stream.destroyed) done()
    else this.#stream.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#stream.destroyed) this.#stream.destroy()
    done(error)
  }
}
