import type { RouteFinder, Target } from '@inmesh/core'

/** What a call needs to know of its target. */
export interface CallTarget extends Pick<Target, 'name' | 'state' | 'error' | 'whenSettled'> {
  /** Present exactly while the state is `configured`. */
  readonly snapshot: { readonly table: RouteFinder } | undefined
}
