import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom, type TargetConfig } from '@inmesh/core'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import { listenerType } from '../resource/listener/listener-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'
import { FakeResourceProvider } from '../testing/fake-resource-provider.js'
import { RecordingTargetWatcher } from '../testing/recording-target-watcher.js'
import { clusterOf, endpointsOn, listenerTo, routesTo } from '../testing/resource-fixtures.js'
import { DependencyTree } from './dependency-tree.js'
import { templateNaming } from './target-naming.js'

const CLUSTERS = ['a', 'b', 'c', 'd']
const ROUTES = ['r1', 'r2', 'r3']
const STEPS = 120
const SEEDS = 150

/** A control plane that changes its mind: every resource has a newest copy, and each is sent when chance has it. */
class Weather {
  readonly #random: SeededRandom
  readonly #provider = new FakeResourceProvider()
  readonly #watcher = new RecordingTargetWatcher()
  #routesName = 'r1'
  readonly #routed = new Map<string, readonly string[]>(ROUTES.map((name) => [name, ['a']]))
  readonly #services = new Map<string, string>(CLUSTERS.map((name) => [name, name]))
  readonly #ports = new Map<string, number>()
  #nextPort = 1

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    const tree = new DependencyTree({ provider: this.#provider, naming: templateNaming() })
    tree.watch('t:80', this.#watcher)
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      this.#changeMind()
      this.#send()
      if (this.#random.below(3) === 0) await turn()
    }
    await turn()
    for (const config of this.#watcher.configs) assertComplete(config)
    // All that is watched is sent, as often as it takes to learn of new names.
    for (let round = 0; round < 4; round++) {
      for (const key of this.#provider.watched) this.#sendOne(key)
      await turn()
    }
    this.#assertNewest()
  }

  #changeMind(): void {
    const draw = this.#random.below(10)
    if (draw === 0) this.#routesName = this.#pick(ROUTES)
    else if (draw < 3)
      this.#routed.set(
        this.#pick(ROUTES),
        CLUSTERS.filter(() => this.#random.below(2) === 0),
      )
    else if (draw < 5) this.#services.set(this.#pick(CLUSTERS), `s${this.#random.below(5)}`)
    else if (draw < 8) this.#ports.set(this.#pick(this.#serviceNames()), this.#nextPort++)
  }

  #send(): void {
    const { watched } = this.#provider
    if (watched.length > 0) this.#sendOne(this.#pick(watched))
  }

  #sendOne(key: string): void {
    const [kind, name] = key.split(' ') as [string, string]
    const provider = this.#provider
    if (kind === 'LDS') provider.change(listenerType, name, listenerTo(this.#routesName))
    else if (kind === 'RDS')
      provider.change(routeConfigurationType, name, { ...routesTo(...this.#routed.get(name)!), name })
    else if (kind === 'CDS') provider.change(clusterType, name, clusterOf(name, this.#services.get(name)))
    else provider.change(endpointAssignmentType, name, endpointsOn([this.#ports.get(name) ?? 0]))
  }

  #assertNewest(): void {
    const names = this.#routed.get(this.#routesName)!
    assert.equal(this.#watcher.config.routes.name, this.#routesName)
    assert.deepEqual([...this.#watcher.config.clusters.keys()].sort(), [...names].sort())
    for (const name of names) {
      assert.deepEqual(this.#watcher.cluster(name), [this.#ports.get(this.#services.get(name)!) ?? 0])
    }
    const services = new Set(names.map((name) => this.#services.get(name)!))
    assert.deepEqual(this.#provider.watched, [
      ...[...names].sort().map((name) => `CDS ${name}`),
      ...[...services].sort().map((name) => `EDS ${name}`),
      'LDS t:80',
      `RDS ${this.#routesName}`,
    ])
  }

  #serviceNames(): readonly string[] {
    return [...new Set(this.#services.values())]
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!
  }
}

/** Every cluster that the routes name is there, and no other. */
function assertComplete(config: TargetConfig): void {
  const named = new Set<string>()
  for (const host of config.routes.virtualHosts) {
    for (const { action } of host.routes) if (action.kind === 'forward') named.add(action.clusters[0]!.name)
  }
  assert.deepEqual(new Set(config.clusters.keys()), named)
  for (const cluster of config.clusters.values()) {
    assert.ok(cluster.kind === 'resolved')
    assert.equal(cluster.endpoints.localities.length, 1, 'with its endpoints')
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('resources in any order', () => {
  it(`never give an incomplete tree, and end in the newest one (${SEEDS} seeds)`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      try {
        await new Weather(seed).run()
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
  })
})
