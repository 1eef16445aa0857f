/** Children of a place: four numbers of eight bytes are read at once. */
const FAN_OUT = 4

/** Numbered things by when they are due. */
export class DeadlineHeap {
  #dues = new Float64Array(FAN_OUT)
  #ids = new Uint32Array(FAN_OUT)
  #size = 0
  readonly #waitsLonger: (left: number, right: number) => boolean

  /**
   * @param waitsLonger - Whether `left` goes before `right` when both are due at once; a strict order.
   */
  constructor(waitsLonger: (left: number, right: number) => boolean) {
    this.#waitsLonger = waitsLonger
  }

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /** Who is due first; there must be somebody. */
  get top(): number {
    return this.#ids[0]!
  }

  /** When that is; there must be somebody. */
  get topDue(): number {
    return this.#dues[0]!
  }

  /** Adds somebody. */
  push(id: number, due: number): void {
    let place = this.#size++
    if (place === this.#ids.length) this.#grow()
    const dues = this.#dues
    const ids = this.#ids
    while (place > 0) {
      const parent = (place - 1) >> 2
      const parentDue = dues[parent]!
      if (parentDue < due || (parentDue === due && this.#waitsLonger(ids[parent]!, id))) break
      dues[place] = parentDue
      ids[place] = ids[parent]!
      place = parent
    }
    dues[place] = due
    ids[place] = id
  }

  /** Takes the top off; there must be one. */
  pop(): void {
    const last = --this.#size
    if (last > 0) this.replaceTop(this.#ids[last]!, this.#dues[last]!)
  }

  /** Takes the top off and adds somebody, at the cost of one of both. */
  replaceTop(id: number, due: number): void {
    const dues = this.#dues
    const ids = this.#ids
    const length = this.#size
    let place = 0
    for (;;) {
      const first = place * FAN_OUT + 1
      if (first >= length) break
      const end = Math.min(first + FAN_OUT, length)
      let least = first
      let leastDue = dues[first]!
      for (let child = first + 1; child < end; child++) {
        const childDue = dues[child]!
        if (childDue < leastDue || (childDue === leastDue && this.#waitsLonger(ids[child]!, ids[least]!))) {
          least = child
          leastDue = childDue
        }
      }
      if (due < leastDue || (due === leastDue && this.#waitsLonger(id, ids[least]!))) break
      dues[place] = leastDue
      ids[place] = ids[least]!
      place = least
    }
    dues[place] = due
    ids[place] = id
  }

  #grow(): void {
    const dues = new Float64Array(2 * this.#size)
    const ids = new Uint32Array(2 * this.#size)
    dues.set(this.#dues)
    ids.set(this.#ids)
    this.#dues = dues
    this.#ids = ids
  }
}
