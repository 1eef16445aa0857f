import type { Clock, Logger, Random, Timer } from '@inmesh/core'
import type { DnsSettings } from '../resource/cluster/cluster-resource.js'
import type { DnsAddress, DnsAnswer, DnsResolver } from './dns-resolver.js'

/** What lookups are made with. */
export interface DnsPorts {
  /** Looks names up. */
  readonly resolver: DnsResolver
  /** Times lookups. */
  readonly clock: Clock
  /** Spreads them. */
  readonly random: Random
  /** Told of names that cannot be looked up. */
  readonly logger: Logger
}

/** Timers hold no more; it is 24 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** From the beginning of a lookup to that of one that is wished for (gRPC, `grpc.dns_min_time_between_resolutions_ms`). */
const WISH_DISTANCE_MS = 30_000

/** One name that is looked up again and again. The last good answer counts while lookups fail. */
export class NameLookup {
  readonly #name: string
  readonly #settings: DnsSettings
  readonly #ports: DnsPorts
  readonly #changed: () => void
  /** Until the next lookup; undefined while one is under way. */
  #timer: Timer | undefined
  #dueMs = 0
  #begunMs = 0
  #addresses: readonly string[] | undefined
  #failures = 0
  #closed = false

  /**
   * @param name - The name.
   * @param settings - How it is looked up.
   * @param ports - What it is looked up with.
   * @param changed - Called after {@link NameLookup.addresses} changed.
   */
  constructor(name: string, settings: DnsSettings, ports: DnsPorts, changed: () => void) {
    this.#name = name
    this.#settings = settings
    this.#ports = ports
    this.#changed = changed
    void this.#lookUp()
  }

  /** Its addresses in the order of the last answer, none where the first lookup failed; undefined before its end. */
  get addresses(): readonly string[] | undefined {
    return this.#addresses
  }

  /** Ends it. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /**
   * Brings the next lookup forward, as its addresses could not be reached: to now, or to half a minute after the beginning of the last one.
   * Does nothing while one is under way.
   */
  lookUpAgain(): void {
    if (this.#timer === undefined) return
    const dueMs = Math.max(this.#ports.clock.now(), this.#begunMs + WISH_DISTANCE_MS)
    if (dueMs < this.#dueMs) this.#lookUpAt(dueMs)
  }

  #lookUpAt(dueMs: number): void {
    const { clock } = this.#ports
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = clock.setTimer(Math.min(dueMs - clock.now(), LONGEST_WAIT_MS), () => void this.#lookUp())
  }

  async #lookUp(): Promise<void> {
    this.#timer = undefined
    this.#begunMs = this.#ports.clock.now()
    const answer = await this.#ask()
    if (this.#closed) return
    const waitMs = answer.kind === 'failed' ? this.#failed(answer.reason) : this.#answered(answer.addresses)
    const jitterMs = this.#ports.random.next() * this.#settings.jitterMs
    this.#lookUpAt(this.#ports.clock.now() + waitMs + jitterMs)
  }

  #answered(answers: readonly DnsAddress[]): number {
    this.#failures = 0
    this.#become(answers.map(({ address }) => address))
    const { respectTtl, refreshMs } = this.#settings
    const ttlMs = Math.min(...answers.map((each) => each.ttlMs ?? Number.POSITIVE_INFINITY))
    // Nothing would be gained by asking for an answer of no time to live at once again (Envoy).
    return respectTtl && ttlMs > 0 && Number.isFinite(ttlMs) ? ttlMs : refreshMs
  }

  #failed(reason: string): number {
    const { baseMs, maxMs } = this.#settings.failureRefresh
    const waitMs = Math.min(baseMs * 2 ** this.#failures, maxMs)
    if (this.#failures === 0) this.#ports.logger.warn(`xds: ${this.#name} cannot be looked up: ${reason}`)
    this.#failures++
    if (this.#addresses === undefined) this.#become([])
    return waitMs
  }

  #become(addresses: readonly string[]): void {
    const before = this.#addresses
    this.#addresses = addresses
    if (before?.length === addresses.length && before.every((address, index) => address === addresses[index])) return
    this.#changed()
  }

  async #ask(): Promise<DnsAnswer> {
    switch (this.#settings.family) {
      case 'ipv4-only':
        return this.#resolve(4)
      case 'ipv6-only':
        return this.#resolve(6)
      case 'auto':
        return this.#firstOf(6, 4)
      case 'ipv4-preferred':
        return this.#firstOf(4, 6)
      case 'all':
        return both(await Promise.all([this.#resolve(4), this.#resolve(6)]))
    }
  }

  async #firstOf(preferred: 4 | 6, other: 4 | 6): Promise<DnsAnswer> {
    const first = await this.#resolve(preferred)
    if (first.kind === 'addresses' && first.addresses.length > 0) return first
    const second = await this.#resolve(other)
    return second.kind === 'failed' && first.kind === 'addresses' ? first : second
  }

  #resolve(version: 4 | 6): Promise<DnsAnswer> {
    return this.#ports.resolver.resolve(this.#name, version)
  }
}

/** One of two kinds of addresses is enough. */
function both([first, second]: readonly [DnsAnswer, DnsAnswer]): DnsAnswer {
  if (first.kind === 'failed') return second
  if (second.kind === 'failed') return first
  return { kind: 'addresses', addresses: [...first.addresses, ...second.addresses] }
}
