import assert from 'node:assert/strict'
import {
  type ConfigSource,
  DataPlane,
  type Endpoint,
  type RequestView,
  SeededRandom,
  SimulatedClock,
  type TargetWatcher,
  type View,
} from '@inmesh/core'
import { ConfigurationMaker } from './configuration.js'
import { type Ending, SimulatedCarrier } from './simulated-carrier.js'
import { SimulatedProber } from './simulated-prober.js'
import { Upstreams } from './upstream.js'

/** A mesh, its control plane, its upstreams and its users, all in one thread and one seed. */
export class World {
  readonly clock = new SimulatedClock()
  readonly random: SeededRandom
  readonly upstreams: Upstreams
  readonly plane: DataPlane
  readonly configurations: ConfigurationMaker
  /** Every ending, in order. */
  readonly endings: Ending[] = []
  /** Attempts by endpoint key. */
  readonly attempts = new Map<string, number>()
  /** Requests sent. */
  sent = 0
  readonly #watchers = new Map<string, TargetWatcher>()
  readonly #carriers: Record<View, SimulatedCarrier>

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    this.configurations = new ConfigurationMaker(this.random)
    this.upstreams = new Upstreams(this.clock, this.random)
    const onAttempt = (endpoint: Endpoint, view: View): void => {
      assert.equal(endpoint.removed, false, 'a removed endpoint was picked')
      // gRPC knows neither panic nor active checks, nor ejections where one endpoint takes everything (gRFC A62).
      if (view === 'grpc') assert.ok(isOffered(endpoint), 'gRPC picked an endpoint out of service')
      else if (!inService(endpoint)) {
        assert.ok(this.#inPanic(endpoint), 'an endpoint out of service was picked without need')
      }
      this.attempts.set(endpoint.key, (this.attempts.get(endpoint.key) ?? 0) + 1)
    }
    this.#carriers = {
      http: new SimulatedCarrier('http', this.clock, this.upstreams, onAttempt),
      grpc: new SimulatedCarrier('grpc', this.clock, this.upstreams, onAttempt),
    }
    const source: ConfigSource = {
      watch: (name, watcher) => {
        this.#watchers.set(name, watcher)
        return () => this.#watchers.delete(name)
      },
    }
    const carriers = [this.#carriers.http, this.#carriers.grpc]
    const prober = new SimulatedProber(this.clock, this.upstreams)
    this.plane = new DataPlane({ source, clock: this.clock, random: this.random, carriers, prober })
    this.#carriers.grpc.report = (endpoint, connectivity) => {
      for (const cluster of this.plane.clusters()) {
        if (cluster.endpoints.get(endpoint.key) === endpoint) {
          cluster.view('grpc').connectivityChanged(endpoint, connectivity, 'refused by the simulation')
        }
      }
    }
  }

  /**
   * Whether too many endpoints of an endpoint's priority are out of service, and those of all priorities together cannot make up for it:
   * then, and only then, HTTP uses the ill ones too (Envoy, "Panic threshold").
   */
  #inPanic(endpoint: Endpoint): boolean {
    const cluster = [...this.plane.clusters()].find(({ endpoints }) => endpoints.get(endpoint.key) === endpoint)
    const members = [...cluster!.endpoints.values()]
    const available = (at: number): number => {
      const all = members.filter((member) => member.priority === at)
      return all.length === 0 ? 0 : (100 * all.filter(inService).length) / all.length
    }
    // Of the two kinds of endpoints each counts for whole percents, which makes up to one less of each.
    const together = [0, 1, 2].reduce((sum, at) => sum + Math.min(200, 1.4 * available(at)) - 2, 0)
    return available(endpoint.priority) < 50 && together < 100
  }

  /** Publishes a configuration of a target. */
  publish(name: string, config = this.configurations.target(name)): void {
    this.plane.target(name)
    this.#watchers.get(name)!.configured(config)
  }

  /** Sends one request. */
  request(target: string, view: View, path = `/${this.random.below(4)}`): void {
    this.sent++
    const request: RequestView = { view, method: 'GET', path, authority: target, header: () => undefined }
    this.#carriers[view].send(this.plane, this.plane.target(target), request, (ending) => this.endings.push(ending))
  }

  /** Lets everything that is under way come to its end. */
  settle(): void {
    while (this.#carriers.http.running + this.#carriers.grpc.running > 0) {
      const before = this.clock.now()
      this.clock.advance(50)
      assert.ok(before < 3_600_000, 'a request never ended')
    }
  }

  /** What must hold at every moment: what outlier detection counts as out is out. */
  assertEjections(): void {
    for (const { name, endpoints, outlierStatistics } of this.plane.clusters()) {
      let ejected = 0
      for (const endpoint of endpoints.values()) if (endpoint.ejected) ejected++
      assert.equal(ejected, outlierStatistics?.active ?? 0, `ejections of ${name}`)
    }
  }

  /** What must hold once nothing is under way. */
  assertIdle(): void {
    assert.equal(this.endings.length, this.sent, 'every request ends, once')
    this.assertEjections()
    for (const { name, breakers, endpoints } of this.plane.clusters()) {
      for (const { requests, pending, retries } of Object.values(breakers)) {
        assert.deepEqual([requests, pending, retries], [0, 0, 0], `${name} is not idle`)
      }
      for (const endpoint of endpoints.values()) assert.equal(endpoint.active, 0, `${endpoint.key} is not idle`)
    }
  }
}

function isOffered({ ejected, config, owner }: Endpoint): boolean {
  const heedsEjections = owner?.config?.loadBalancing.kind !== 'pick-first'
  return !(ejected && heedsEjections) && config.health === 'healthy'
}

function inService({ health }: Endpoint): boolean {
  return health === 'healthy' || health === 'degraded'
}
