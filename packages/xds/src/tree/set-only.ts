import type { ResourceSetWatcher } from '../resource/resource-provider.js'

const IGNORED = (): void => {}

/** Asks for a set as a whole and for nothing in it: what is wanted of it is watched by name, and costs no request then. */
export const SET_ONLY: ResourceSetWatcher<unknown> = {
  changed: IGNORED,
  removed: IGNORED,
  failed: IGNORED,
  ambient: IGNORED,
  complete: IGNORED,
  unreachable: IGNORED,
}
