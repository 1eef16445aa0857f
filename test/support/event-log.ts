import { patienceMs } from './patience.js'

/** What was seen from outside, in the order in which it was seen. */
export class EventLog {
  readonly entries: string[] = []
  readonly #waits = new Set<() => void>()

  /** Notes an event. */
  add(entry: string): void {
    this.entries.push(entry)
    for (const wait of [...this.#waits]) wait()
  }

  has(entry: string): boolean {
    return this.entries.includes(entry)
  }

  /** Waits for an event, of the past or to come. */
  async until(entry: string): Promise<void> {
    if (this.has(entry)) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no "${entry}" in ${patienceMs} ms, only [${this.entries.join(', ')}]`))
      }, patienceMs)
      const wait = () => {
        if (!this.has(entry)) return
        clearTimeout(timer)
        this.#waits.delete(wait)
        resolve()
      }
      this.#waits.add(wait)
    })
  }

  /** Those of the events given that were seen, in order. */
  of(...wanted: readonly string[]): string[] {
    return this.entries.filter((entry) => wanted.includes(entry))
  }
}
