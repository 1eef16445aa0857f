import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { MeshError } from '@inmesh/core'

/**
 * The body of a request that node's client is still writing. Destroyed, it lets the client write the rest, which nobody reads: the response
 * may have been complete before the request was, and the connection is used again.
 */
export class RequestUpload extends Readable {
  readonly #request: IncomingMessage
  readonly #wanted: () => void
  #reading = false

  /**
   * @param request - The request.
   * @param wanted - Called when the body is first asked for.
   */
  constructor(request: IncomingMessage, wanted: () => void) {
    super()
    this.#request = request
    this.#wanted = wanted
    // Who reads it may have turned away already, and an error that nobody hears ends the process.
    this.on('error', () => {})
  }

  override _read(): void {
    if (this.#reading) {
      this.#request.resume()
      return
    }
    this.#reading = true
    this.#wanted()
    this.#request.on('data', this.#take)
    this.#request.on('end', this.#end)
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#request.off('data', this.#take)
    this.#request.off('end', this.#end)
    this.#request.resume()
    destroyed(error)
  }

  readonly #take = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause()
  }

  readonly #end = (): void => {
    const refusal = refuseTrailers(this.#request)
    if (refusal === undefined) this.push(null)
    else this.destroy(refusal)
  }
}

/**
 * undici writes no trailers.
 *
 * @param request - A request that is complete.
 * @returns the error that it fails with; undefined when it has no trailers.
 */
export function refuseTrailers(request: IncomingMessage): MeshError | undefined {
  if (request.rawTrailers.length === 0) return undefined
  return new MeshError('ERR_INMESH_UNSUPPORTED', 'trailers of a request cannot be carried')
}
