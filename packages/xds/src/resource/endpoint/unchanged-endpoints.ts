import type { EndpointConfig } from '@inmesh/core'
import type { WireRanges } from './serialized-assignment.js'

/** So many bytes are compared in one call, as it costs more than to compare them. */
const BLOCK_BYTES = 4096

/** How many endpoints may have been left out in a row before those that follow are read anew. */
const REACH = 64

/** Where the endpoints of an assignment stand, in their order. */
export interface EndpointPlaces extends WireRanges {
  /** The assignment. */
  readonly bytes: Buffer
  /** What each means; undefined for one that has more to it than the model says. */
  readonly endpoints: readonly (EndpointConfig | undefined)[]
}

/** Of ten thousand endpoints few change at a time: finds the others by their bytes, which is many times as fast as to read them. */
export class UnchangedEndpoints {
  /** As they stand in the new assignment. */
  readonly places: EndpointPlaces
  readonly #endpoints: (EndpointConfig | undefined)[] = []
  readonly #before: EndpointPlaces | undefined
  /** Index of the one in the copy in use that is to be expected next. */
  #next = 0
  /** How much further back everything stands now, and up to where that was found to be so. */
  #shift = 0
  #sameUntil = 0

  /**
   * @param bytes - The new assignment.
   * @param ranges - Where its endpoints stand.
   * @param before - The copy in use.
   */
  constructor(bytes: Buffer, ranges: WireRanges, before: EndpointPlaces | undefined) {
    this.#before = before
    this.places = { bytes, ...ranges, endpoints: this.#endpoints }
  }

  /**
   * @param index - Of an endpoint.
   * @returns what it means where it is the next one of the copy in use; undefined for every other.
   */
  find(index: number): EndpointConfig | undefined {
    const before = this.#before
    const endpoint = before?.endpoints[this.#next]
    if (before === undefined || endpoint === undefined) return undefined
    const start = this.places.starts[index]!
    const end = this.places.ends[index]!
    const startBefore = before.starts[this.#next]!
    if (
      before.ends[this.#next]! - startBefore !== end - start ||
      !this.#isSame(before.bytes, startBefore, start, end)
    ) {
      return undefined
    }
    return endpoint
  }

  /**
   * Notes an endpoint, in the order in which they stand there.
   *
   * @param index - Of it.
   * @param endpoint - What it means.
   * @param previous - What an endpoint of its address was in the copy in use.
   */
  note(index: number, endpoint: EndpointConfig | undefined, previous = endpoint): void {
    this.#endpoints[index] = endpoint
    if (this.#before === undefined || previous === undefined) return
    const { endpoints } = this.#before
    const limit = Math.min(this.#next + REACH, endpoints.length)
    for (let place = this.#next; place < limit; place++) {
      if (endpoints[place] !== previous) continue
      this.#next = place + 1
      break
    }
  }

  #isSame(bytes: Buffer, startBefore: number, start: number, end: number): boolean {
    const shift = start - startBefore
    if (shift === this.#shift && end <= this.#sameUntil) return true
    const own = this.places.bytes
    const most = Math.min(own.length - start, bytes.length - startBefore)
    for (const length of [Math.max(BLOCK_BYTES, end - start), end - start]) {
      if (length > most) continue
      if (own.compare(bytes, startBefore, startBefore + length, start, start + length) !== 0) continue
      this.#shift = shift
      this.#sameUntil = start + length
      return true
    }
    return false
  }
}
