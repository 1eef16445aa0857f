import type { Fleet } from './processes/fleet.js'
import type { LiveView } from './terminal/live-view.js'
import type { Paint } from './terminal/paint.js'
import type { Screen } from './terminal/screen.js'

/** What every step of the demo works with. */
export interface Demo {
  readonly fleet: Fleet
  readonly screen: Screen
  readonly view: LiveView
  readonly paint: Paint
  /** Aborted with the reason when the demo cannot go on. */
  readonly signal: AbortSignal
}
