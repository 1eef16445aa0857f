import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { Filter } from './filter.js'

/** Stands for a filter that is not carried out and must not be left out. */
export class GuardFilter implements Filter {
  readonly name: string
  readonly #reply: LocalReply

  /**
   * @param name - Instance name from the listener.
   * @param reason - What is missing.
   */
  constructor(name: string, reason: string) {
    this.name = name
    this.#reply = localReplies.routeRefused(`filter ${name}: ${reason}`)
  }

  request(): LocalReply {
    return this.#reply
  }
}
