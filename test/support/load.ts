/** What came of one call. */
export interface CallResult {
  /** HTTP status. */
  readonly status: number
  /** Who answered, as the server says itself. */
  readonly server: string
}

/** What a load saw. */
export interface LoadReport {
  readonly calls: number
  /** Calls without an answer of 200, by what came in its place. */
  readonly failures: Readonly<Record<string, number>>
  readonly failed: number
  /** Answers of 200 by server. */
  readonly servers: Readonly<Record<string, number>>
}

/** Calls made one after the other by several callers at once, until it is ended. */
export class Load {
  readonly #call: () => Promise<CallResult>
  readonly #callers: Promise<void>[]
  readonly #failures: Record<string, number> = {}
  readonly #servers: Record<string, number> = {}
  readonly #goals: { readonly goal: number; readonly reached: () => void }[] = []
  #calls = 0
  #limit: number
  #started = 0

  /**
   * @param call - Makes one call; what it throws is a failure.
   * @param callers - How many at once.
   * @param limit - Calls after which it ends by itself. Default: none.
   */
  constructor(call: () => Promise<CallResult>, callers: number, limit = Number.POSITIVE_INFINITY) {
    this.#call = call
    this.#limit = limit
    this.#callers = Array.from({ length: callers }, () => this.#repeat())
  }

  /** Waits until so many more calls are over. */
  async more(count: number): Promise<void> {
    const goal = this.#calls + count
    await new Promise<void>((reached) => this.#goals.push({ goal, reached }))
  }

  /** Makes no new calls; those under way go on. */
  end(): void {
    this.#limit = 0
  }

  /** Waits until the last call is over, and reports. */
  async finished(): Promise<LoadReport> {
    await Promise.all(this.#callers)
    const failed = Object.values(this.#failures).reduce((sum, count) => sum + count, 0)
    return { calls: this.#calls, failed, failures: this.#failures, servers: this.#servers }
  }

  async #repeat(): Promise<void> {
    while (this.#started < this.#limit) {
      this.#started += 1
      try {
        const { status, server } = await this.#call()
        if (status === 200) count(this.#servers, server)
        else count(this.#failures, `status ${status} of ${server}`)
      } catch (error) {
        count(this.#failures, describe(error))
      }
      this.#calls += 1
      for (const { goal, reached } of this.#goals) if (this.#calls === goal) reached()
    }
  }
}

function count(table: Record<string, number>, key: string): void {
  table[key] = (table[key] ?? 0) + 1
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  const cause = error.cause === undefined ? '' : `: ${describe(error.cause)}`
  return `${typeof code === 'string' ? `${code} ` : ''}${error.message}${cause}`
}
