import type { ViewReasons } from '../field/view-reasons.js'

/** Reasons of a route, by what they do to it. */
export interface RouteReasons {
  /** Calls of the view fail. */
  readonly refusals: ViewReasons
  /** The route does not exist for the view. */
  readonly skips: ViewReasons
}
