/** Reads are GETs, which are safe to repeat; writes are POSTs, which are not. */
export type Method = 'GET' | 'POST'

/** What became of one request, as its client saw it. */
export interface RequestRecord {
  /** Unique; the services write it into their journals. */
  readonly id: string
  readonly method: Method
  /** The phase of the demo in which it was sent. */
  readonly phase: string
  /** When it was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number
  state: 'in flight' | 'answered' | 'failed'
  /** Name of the instance that answered. */
  servedBy?: string
  /** Why it failed. */
  failure?: string
}
