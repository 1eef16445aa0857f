import type { ControlPlaneEvent } from '../control-plane-event.js'

/** Events of a control plane, for a test that waits for them. */
export class EventQueue {
  readonly #events: ControlPlaneEvent[] = []
  #waiting: (() => void)[] = []

  /** Takes an event. */
  readonly push = (event: ControlPlaneEvent): void => {
    this.#events.push(event)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** The next event of a kind; those before it are passed over. */
  async next<K extends ControlPlaneEvent['kind']>(kind: K): Promise<Extract<ControlPlaneEvent, { kind: K }>> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        if (event.kind === kind) return event as Extract<ControlPlaneEvent, { kind: K }>
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Kinds of the events that nobody waited for yet. */
  get kinds(): readonly string[] {
    return this.#events.map(({ kind }) => kind)
  }
}
