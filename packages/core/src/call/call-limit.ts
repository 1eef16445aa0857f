import { type LocalReply, localReplies } from './local-reply.js'

/**
 * Which limit ends a call: that of the caller or of the route (`call`), of the whole stream (`stream`, max_stream_duration), or of the time
 * that the application takes to send the request (`sending`, request_timeout).
 */
export type CallLimit = 'call' | 'stream' | 'sending'

/** When a call must be over, and why. */
export interface CallDeadline {
  /** On the clock's scale; `Infinity` for no limit. */
  readonly at: number
  /** Which limit it is. */
  readonly limit: CallLimit
}

/**
 * What Envoy answers a call whose limit passed.
 *
 * @param limit - The limit.
 * @param sent - Whether the request was sent whole.
 * @param detail - What happened, for people.
 */
export function overdueReply(limit: CallLimit, sent: boolean, detail: string): LocalReply {
  switch (limit) {
    case 'call':
      return localReplies.timeout(detail)
    case 'stream':
      return localReplies.streamDuration(sent, detail)
    case 'sending':
      return localReplies.requestTimeout(detail)
  }
}
