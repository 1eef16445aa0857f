/**
 * A heap whose top is the element that goes before all others.
 */
export class BinaryHeap<T> {
  readonly #before: (left: T, right: T) => boolean
  readonly #elements: T[] = []

  /**
   * @param before - Whether `left` goes before `right`; a strict order.
   */
  constructor(before: (left: T, right: T) => boolean) {
    this.#before = before
  }

  /** Number of elements. */
  get size(): number {
    return this.#elements.length
  }

  /** The element that goes first, or undefined when the heap is empty. */
  get top(): T | undefined {
    return this.#elements[0]
  }

  /**
   * Adds an element.
   *
   * @param element - The element.
   */
  push(element: T): void {
    const elements = this.#elements
    let index = elements.length
    elements.push(element)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(element, elements[parent]!)) break
      elements[index] = elements[parent]!
      index = parent
    }
    elements[index] = element
  }

  /** Takes the top off; undefined when the heap is empty. */
  pop(): T | undefined {
    const elements = this.#elements
    const top = elements[0]
    const last = elements.pop()
    if (elements.length > 0) {
      elements[0] = last!
      this.settleTop()
    }
    return top
  }

  /** Puts the top in its place after its order was changed; spares a pop and a push. */
  settleTop(): void {
    const elements = this.#elements
    const element = elements[0]
    if (element === undefined) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= elements.length) break
      if (child + 1 < elements.length && this.#before(elements[child + 1]!, elements[child]!)) child++
      if (!this.#before(elements[child]!, element)) break
      elements[index] = elements[child]!
      index = child
    }
    elements[index] = element
  }
}
