/* Where a call stands. Plain numbers in rising order: a call compares them several times, and is told nothing once it reached the last two. */

/** No attempt is under way: configuration, a filter or a back-off is waited for. */
export const WAITING = 0
/** An attempt is under way and has no response. */
export const ATTEMPTING = 1
/** The head of a response was given to the caller. */
export const RESPONDING = 2
/** The mesh itself replies. */
export const REPLYING = 3
/** The response is complete. */
export const COMPLETED = 4
/** The caller was told of an error. */
export const FAILED = 5

/** How long a call waits at a time that has no limit: the longest time that node:timers can wait. */
export const LONGEST_WAIT_MS = 2_147_483_647
