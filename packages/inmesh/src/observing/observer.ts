import type { LocalReply, Logger } from '@inmesh/core'
import type { ObservedAdmission, ObservedCall } from '@inmesh/http'
import type { Observations } from './observations.js'

/** A log is to say what would happen, not how often; and callers choose the names of hosts. */
const MAX_NOTES = 200

/** Counts what a mesh would have done, and says once for each host and port what it would have answered itself. */
export class Observer {
  readonly #logger: Logger
  readonly #calls = { routed: 0, answered: {} as Record<string, number>, outside: 0, undecided: 0 }
  readonly #requests = { admitted: 0, answered: {} as Record<string, number>, closed: 0, undecided: 0 }
  readonly #notes = new Set<string>()

  /**
   * @param logger - Told what would be answered or closed.
   */
  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** What there was so far. */
  get observations(): Observations {
    const [calls, requests] = [this.#calls, this.#requests]
    return {
      calls: { ...calls, answered: { ...calls.answered } },
      requests: { ...requests, answered: { ...requests.answered } },
    }
  }

  /** A call is made. */
  readonly called = ({ kind, authority, reply }: ObservedCall): void => {
    if (kind === 'answered') this.#answered(this.#calls.answered, `a call to ${authority}`, reply!)
    else this.#calls[kind] += 1
  }

  /** A request comes. */
  readonly asked = ({ kind, port, reply }: ObservedAdmission): void => {
    const what = `a request to port ${port}`
    if (kind === 'answered') {
      this.#answered(this.#requests.answered, what, reply!)
      return
    }
    this.#requests[kind] += 1
    if (kind === 'closed') this.#note(`${what} would have been refused: no chain of its listener takes it`)
  }

  #answered(counts: Record<string, number>, what: string, { flag, httpStatus, detail }: LocalReply): void {
    counts[flag] = (counts[flag] ?? 0) + 1
    this.#note(`${what} would have been answered ${httpStatus} (${flag}): ${detail}`, `${what} ${flag}`)
  }

  #note(message: string, key = message): void {
    if (this.#notes.has(key) || this.#notes.size >= MAX_NOTES) return
    this.#notes.add(key)
    this.#logger.warn(`observed: ${message}`)
  }
}
