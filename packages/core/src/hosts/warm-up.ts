import type { WeightedEndpoint } from '../balancing/balancer.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { SlowStart } from '../model/host-policy.js'
import type { Clock, Timer } from '../ports/clock.js'

/** In how many steps a weight grows. Envoy computes it at every pick; a step of a fiftieth of the window is as near as anybody can tell. */
const STEPS = 50

/**
 * Scales the weights of endpoints that are new in service (Envoy, "Slow start mode"): the share of an endpoint that has been in service
 * for `t` of a window `w` is `max((t / w) ^ (1 / aggression), minimum)` of its weight.
 */
export class WarmUp {
  readonly #clock: Clock
  readonly #config: SlowStart
  readonly #onStep: () => void
  #timer: Timer | undefined

  /**
   * @param clock - Time.
   * @param config - The window and the shape of the growth.
   * @param onStep - Called when weights have grown and are to be asked for again.
   */
  constructor(clock: Clock, config: SlowStart, onStep: () => void) {
    this.#clock = clock
    this.#config = config
    this.#onStep = onStep
  }

  /**
   * @param hosts - Endpoints with their weights.
   * @returns the same list when none of them warms up, else one with their weights of now.
   */
  scale(hosts: readonly WeightedEndpoint[]): readonly WeightedEndpoint[] {
    const now = this.#clock.now()
    const since = now - this.#config.windowMs
    const warming = ({ endpoint }: WeightedEndpoint): boolean =>
      serviceStart(endpoint) > since && endpoint.health === 'healthy'
    if (!hosts.some(warming)) return hosts
    this.#timer ??= this.#clock.setTimer(this.#config.windowMs / STEPS, this.#step)
    return hosts.map((host) => {
      if (!warming(host)) return host
      return { endpoint: host.endpoint, weight: host.weight * this.#factor(now - serviceStart(host.endpoint)) }
    })
  }

  /** Ends the timer; weights stay as they are. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #factor(elapsedMs: number): number {
    const { windowMs, aggression, minWeightPercent } = this.#config
    const share = Math.max(1, elapsedMs) / windowMs
    return Math.max(aggression === 1 ? share : share ** (1 / aggression), minWeightPercent / 100)
  }

  readonly #step = (): void => {
    this.#timer = undefined
    this.#onStep()
  }
}

function serviceStart({ inServiceSince = Number.NEGATIVE_INFINITY }: Endpoint): number {
  return inServiceSince
}
