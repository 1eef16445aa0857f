import {
  type Carrier,
  Cluster,
  type ClusterView,
  type Endpoint,
  type LoadBalancingPolicy,
  type PickContext,
  type RequestHash,
  type RequestView,
  type ResolvedCluster,
  SystemClock,
  SystemRandom,
} from '@inmesh/core'
import { cluster } from './shop-config.js'

/** How many hashes requests have in turn. */
const HASHES = 4096

/** A cluster that is only asked where requests go: nothing is connected and nothing sent. */
export class BalancedCluster {
  readonly #cluster: Cluster
  readonly #view: ClusterView
  readonly #context = new Request()

  constructor(policy: LoadBalancingPolicy) {
    const nothing = (): void => {}
    const carrier: Carrier = {
      view: 'http',
      connects: 'on-demand',
      connect: nothing,
      release: nothing,
      removed: nothing,
    }
    const environment = { carriers: [carrier], clock: new SystemClock(), random: new SystemRandom() }
    this.#cluster = new Cluster('picks', environment, () => {})
    this.#view = this.#cluster.view('http')
    this.update(resolve(policy, 0))
  }

  /** Takes over a configuration. */
  update(resolved: ResolvedCluster): void {
    this.#cluster.update(resolved)
  }

  /** Chooses an endpoint, and counts a request on it as begun and ended when asked to. */
  pick(): Endpoint {
    const picked = this.#cluster.pick(this.#view, this.#context)
    if (picked.kind !== 'endpoint') throw new Error(`no endpoint: ${picked.kind}`)
    this.#context.turn++
    return picked
  }

  /** Lets its endpoints and timers go. */
  close(): void {
    this.#cluster.retire()
  }
}

/** The request of every pick; its hash changes from one to the next. */
class Request implements PickContext {
  readonly target = 'bench:80'
  turn = 0
  readonly request: RequestView = {
    view: 'http',
    method: 'GET',
    path: '/',
    authority: 'picks',
    header: () => undefined,
  }
  readonly tried: readonly Endpoint[] = []
  readonly hostSelectionAttempts = 1
  readonly avoidedPriorities: readonly Endpoint[] = []
  readonly subset = undefined
  readonly attempts = 0
  readonly overrideHost = undefined
  readonly #hashes: readonly RequestHash[] = Array.from({ length: HASHES }, () => ({
    high: Math.floor(new SystemRandom().next() * 0x1_0000_0000),
    low: Math.floor(new SystemRandom().next() * 0x1_0000_0000),
  }))

  rejects(): boolean {
    return false
  }

  hash(): RequestHash {
    return this.#hashes[this.turn % HASHES]!
  }
}

/**
 * @param policy - The policy.
 * @param endpoints - How many endpoints there are.
 * @param weight - Weight of each, by its index; 1 by default.
 */
export function resolve(
  policy: LoadBalancingPolicy,
  endpoints: number,
  weight: (index: number) => number = () => 1,
): ResolvedCluster {
  const list = Array.from({ length: endpoints }, (_, index) => {
    const host = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    return {
      key: `${host}:8080`,
      host,
      port: 8080,
      hostname: '',
      weight: weight(index),
      health: 'healthy' as const,
      metadata: {},
    }
  })
  return cluster('picks', list, { loadBalancing: policy })
}
