import type { CheckResult, Clock, HealthProbe, HealthProber, ProbeTarget, Timer } from '@inmesh/core'
import type { Upstreams } from './upstream.js'

/** Finds simulated upstreams well that accept connections. */
export class SimulatedProber implements HealthProber {
  readonly #clock: Clock
  readonly #upstreams: Upstreams

  constructor(clock: Clock, upstreams: Upstreams) {
    this.#clock = clock
    this.#upstreams = upstreams
  }

  probe({ host, port }: ProbeTarget): HealthProbe {
    let timer: Timer | undefined
    return {
      check: (done: (result: CheckResult) => void) => {
        timer = this.#clock.setTimer(3, () => {
          done(this.#upstreams.accepts(`${host}:${port}`) ? 'healthy' : 'unreachable')
        })
      },
      stop: () => timer?.cancel(),
    }
  }
}
