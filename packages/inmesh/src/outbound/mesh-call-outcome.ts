import type { CallOutcome } from '@inmesh/http'
import type { BreakerOutcome } from '../service/breaker-outcome.js'

/** What happened to a call, and what the breaker of its service had to do with it. */
export interface MeshCallOutcome extends CallOutcome {
  /** Undefined for a call of no service, or of one without a breaker. */
  readonly breaker: BreakerOutcome | undefined
}

/**
 * @param call - What the mesh knows; undefined where the call never came that far.
 * @param breaker - What the breaker knows.
 * @param answer - What the caller got.
 * @returns both in one; undefined where neither knows anything.
 */
export function joinOutcomes(
  call: CallOutcome | undefined,
  breaker: BreakerOutcome | undefined,
  answer: object,
): MeshCallOutcome | undefined {
  if (call !== undefined) return { ...call, breaker }
  return breaker === undefined ? undefined : { ...stopped(answer), breaker }
}

/** A call that its breaker answered. */
function stopped(answer: object): CallOutcome {
  const { status, code, cause } = answer as { status?: unknown; code?: unknown; cause?: { readonly code?: unknown } }
  const ownCode = cause?.code ?? code
  return {
    authority: '',
    route: '',
    cluster: '',
    endpoint: undefined,
    status: typeof status === 'number' ? status : undefined,
    code: typeof ownCode === 'string' ? ownCode : 'ERR_INMESH_CIRCUIT_OPEN',
    flags: 'UO',
    attempts: [],
    headMs: undefined,
    totalMs: 0,
    ended: true,
  }
}
