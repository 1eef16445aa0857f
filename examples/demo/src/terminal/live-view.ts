import type { Paint } from './paint.js'
import type { Screen } from './screen.js'
import { describeView, drawView, type InstanceStatus, type Lane } from './view-drawing.js'

/** A terminal is drawn anew ten times a second; a log gets a line every two seconds. */
const REDRAW_MS = 100
const LOG_MS = 2000

/** Shows what goes where for as long as it runs. */
export class LiveView {
  /** What the demo is doing. */
  title = ''
  /** The ways to the catalog that are shown. */
  lanes: readonly Lane[] = []
  /** The instances that are shown. */
  instances: readonly InstanceStatus[] = []
  readonly #screen: Screen
  readonly #paint: Paint
  #timer: NodeJS.Timeout | undefined

  constructor(screen: Screen, paint: Paint) {
    this.#screen = screen
    this.#paint = paint
  }

  start(): void {
    this.#timer = setInterval(() => this.#update(), this.#screen.live ? REDRAW_MS : LOG_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#screen.show([])
  }

  #update(): void {
    const { title, lanes, instances } = this
    const model = { title, lanes, instances, now: performance.now() }
    if (this.#screen.live) this.#screen.show(drawView(model, this.#paint))
    else this.#screen.print(describeView(model))
  }
}
