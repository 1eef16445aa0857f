/**
 * How an attempt ended without a response: no connection, a connection that broke, a stream that the server refused unseen, or the
 * attempt's own time limit.
 */
export type AttemptFailure = 'connect' | 'reset' | 'refused-stream' | 'per-try-timeout'
