/**
 * What becomes of a resource in use that the control plane deletes: its last value stays in use (`keep`, gRFC A88), or goes (`drop`, as
 * before A88).
 */
export type DeletionPolicy = 'keep' | 'drop'

/** What errors do to the resources of one management server. */
export interface DataErrorPolicy {
  /** Whether the last value goes with a deletion. */
  readonly dropsDeleted: boolean
  /** Whether the last value goes when its newest copy is rejected, or the server has NOT_FOUND or PERMISSION_DENIED for it. */
  readonly dropsFailed: boolean
  /** Milliseconds on a connected stream after which a resource that never came is given up. */
  readonly resourceTimeoutMs: number
  /** Whether such a resource then counts as slow, and not as missing. */
  readonly timeoutIsTransient: boolean
}

/** Older drafts of gRFC A88 have the second spelling. */
const transientTimer = ['resource_timer_is_transient_error', 'resource_timer_indicates_transient_failure']

/**
 * Reads the policy from the `server_features` of the bootstrap (gRFC A88).
 *
 * @param features - Features of the server. `fail_on_data_errors` drops what is in error, and counts over everything else.
 *   `ignore_resource_deletion` (gRFC A53) keeps what is deleted, and so is of use with `drop` only.
 * @param deletion - What is done without them.
 */
export function dataErrorPolicy(features: readonly string[], deletion: DeletionPolicy): DataErrorPolicy {
  const dropsFailed = features.includes('fail_on_data_errors')
  const timeoutIsTransient = transientTimer.some((name) => features.includes(name))
  return {
    dropsFailed,
    dropsDeleted: dropsFailed || (deletion === 'drop' && !features.includes('ignore_resource_deletion')),
    resourceTimeoutMs: timeoutIsTransient ? 30_000 : 15_000,
    timeoutIsTransient,
  }
}
