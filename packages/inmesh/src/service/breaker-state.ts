/** `closed` lets calls through, `open` none, `half-open` one at a time to see whether it may close. */
export type BreakerState = 'closed' | 'open' | 'half-open'
