import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Carrier, DataPlane, SeededRandom, type View } from '@inmesh/core'
import { create, DeltaDiscoveryResponse, DiscoveryResponse, Resource } from '@inmesh/xds-proto'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { Mutator } from '../testing/mutator.js'
import { meshTypes, type RealResource, realResources } from '../testing/real-resources.js'
import { DependencyTree } from '../tree/dependency-tree.js'
import { templateNaming } from '../tree/target-naming.js'
import type { XdsProtocol } from './ads-client.js'

// A control plane gone mad: damaged resources and damaged responses, through the client, the tree and the data plane, in both variants.
// Nothing is thrown, every response has one answer at most, and when the control plane comes to its senses, so does the client.

const rounds = 300
const resources = realResources()
const target = 'catalog.fuzz:80'

class Storm {
  readonly bench: AdsBench
  readonly plane: DataPlane
  readonly #protocol: XdsProtocol
  readonly #random: SeededRandom
  readonly #mutator: Mutator
  #nonce = 0

  constructor(protocol: XdsProtocol, seed: number) {
    this.#protocol = protocol
    this.#random = new SeededRandom(seed)
    this.#mutator = new Mutator(this.#random)
    this.bench = new AdsBench({ protocol })
    const source = new DependencyTree({ provider: this.bench.client, naming: templateNaming() })
    const carriers = [idle('http'), idle('grpc')]
    this.plane = new DataPlane({ source, clock: this.bench.clock, random: this.#random, carriers })
    this.#use()
  }

  /** Asks for every target; one that is not used for long is closed. */
  #use(): void {
    for (const { type, name } of resources) if (type.shortName === 'LDS') this.plane.target(name).used = true
  }

  async rage(): Promise<void> {
    await this.bench.open()
    for (let round = 0; round < rounds; round++) {
      this.#use()
      const type = this.#pick(meshTypes)
      const own = resources.filter((resource) => resource.type === type)
      const sent = Array.from({ length: 1 + this.#random.below(3) }, () => {
        const resource = this.#pick(own)
        const isDamaged = this.#random.next() < 0.7
        return isDamaged
          ? { ...resource, bytes: this.#mutator.mutate(resource.bytes, this.#pick(own).bytes) }
          : resource
      })
      const response = this.#response(type.typeUrl, sent)
      const isWhole = this.#random.next() < 0.9
      await this.#deliver(isWhole ? response : this.#mutator.mutate(response, this.#pick(own).bytes))
      await this.bench.clock.advance(this.#random.below(1_500))
    }
  }

  /** Sends everything as it should be. */
  async calm(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      this.#use()
      for (const type of meshTypes) {
        const own = resources.filter((resource) => resource.type === type)
        await this.#deliver(this.#response(type.typeUrl, own))
        await this.bench.clock.advance(2_000)
      }
    }
  }

  async #deliver(response: Uint8Array): Promise<void> {
    // A response that cannot be read has ended the stream.
    while (this.bench.client.connection.state !== 'open') {
      if (this.bench.client.connection.state === 'waiting') await this.bench.clock.advance(120_000)
      else await this.bench.open()
    }
    const stream = this.bench.opener.last
    this.#answers(stream)
    stream.deliver(response)
    await settled()
    await this.bench.clock.advance(0)
    assert.ok(this.#answers(stream) <= 1, 'one response, one answer')
  }

  /** How many of the requests that the client sent since the last call answer the last response. */
  #answers(stream: AdsBench['opener']['last']): number {
    const nonce = `n${this.#nonce}`
    const requests = this.#protocol === 'delta' ? stream.takeDelta() : stream.take()
    // A state-of-the-world request without an answer in it carries the nonce too: only NACKs can be told apart.
    const isSotw = this.#protocol === 'sotw'
    const answers = requests.filter((line) => line.nonce === nonce && (!isSotw || line.complaint !== undefined))
    for (const { complaint = '' } of requests) assert.ok(complaint.length < 70_000, 'a complaint is no flood')
    return answers.length
  }

  #response(typeUrl: string, sent: readonly RealResource[]): Uint8Array {
    const nonce = `n${++this.#nonce}`
    const version = `v${this.#nonce}`
    if (this.#protocol === 'sotw') {
      const anys = sent.map(({ bytes }) => ({ typeUrl, value: bytes }))
      return DiscoveryResponse.encode(
        create(DiscoveryResponse, { typeUrl, nonce, versionInfo: version, resources: anys }),
      ).finish()
    }
    const wrapped = sent.map(({ name, bytes }) =>
      create(Resource, { name, version, resource: { typeUrl, value: bytes } }),
    )
    const removedResources = this.#random.next() < 0.1 ? [this.#pick(resources).name] : []
    return DeltaDiscoveryResponse.encode(
      create(DeltaDiscoveryResponse, {
        typeUrl,
        nonce,
        systemVersionInfo: version,
        resources: wrapped,
        removedResources,
      }),
    ).finish()
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)]!
  }
}

function idle(view: View): Carrier {
  return { view, connects: 'on-demand', connect() {}, removed() {}, release() {} }
}

describe('a control plane gone mad', () => {
  for (const protocol of ['sotw', 'delta'] as const) {
    for (const seed of [1, 2]) {
      it(`is survived, ${protocol}, seed ${seed}`, async () => {
        const storm = new Storm(protocol, seed)
        await storm.rage()
        await storm.calm()
        const { bench, plane } = storm
        assert.deepEqual(bench.client.connection, { state: 'open', error: undefined })
        assert.equal(plane.target(target).state, 'configured', 'what is good again is in use')
        assert.deepEqual(
          bench.log.filter((line) => line.startsWith('error')),
          [],
        )
        plane.close()
        bench.client.close()
        assert.ok(bench.opener.isClosed)
      })
    }
  }
})
