import { connectivityState, experimental, Metadata } from '@grpc/grpc-js'
import { register } from '@grpc/grpc-js-xds'
import { SystemRandom } from '@inmesh/core'

type Picker = experimental.Picker
type Subchannel = experimental.SubchannelInterface

/** How many hashes requests have in turn. */
const HASHES = 4096

/** A policy as grpc-js and grpc-js-xds name and configure it. */
export type GrpcJsPolicy = Readonly<Record<string, object>>

/** An address. */
export interface GrpcJsAddress {
  readonly host: string
  readonly port: number
}

/**
 * A load balancing policy of grpc-js or grpc-js-xds, asked as its channel asks it. Its subchannels say that they are connected, and are
 * nothing else: what is measured is the policy.
 */
export class GrpcJsBalancer {
  readonly #policy: experimental.TypedLoadBalancingConfig
  readonly #balancer: experimental.ChildLoadBalancerHandler
  readonly #subchannels = new Map<string, Subchannel>()
  readonly #hashes: readonly { readonly hash: string }[]
  readonly #metadata = new Metadata()
  #picker: Picker | undefined
  #turn = 0

  constructor(policy: GrpcJsPolicy) {
    register()
    const random = new SystemRandom()
    const half = (): bigint => BigInt(random.below(0x1_0000_0000))
    this.#hashes = Array.from({ length: HASHES }, () => ({ hash: String((half() << 32n) | half()) }))
    this.#policy = experimental.parseLoadBalancingConfig(policy as never)
    this.#balancer = new experimental.ChildLoadBalancerHandler({
      createSubchannel: (address) => this.#subchannel(experimental.subchannelAddressToString(address)),
      updateState: (_state, picker) => {
        this.#picker = picker
      },
      requestReresolution: () => {},
      addChannelzChild: () => {},
      removeChannelzChild: () => {},
    })
  }

  /** Takes over addresses; done when the policy has a picker for them. */
  async update(addresses: readonly GrpcJsAddress[]): Promise<void> {
    const endpoints = addresses.map((address) => ({ addresses: [address] }))
    this.#picker = undefined
    this.#balancer.updateAddressList(experimental.statusOrFromValue(endpoints), this.#policy, {}, '')
    // Ring hash loads its hash function first.
    while (this.#picker === undefined) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Connects what is connected when it is first asked for. */
  connect(): void {
    for (let pick = 0; pick < HASHES; pick++) while (!this.pick()) {}
  }

  /** Chooses a subchannel. */
  pick(): boolean {
    const extraPickInfo = this.#hashes[this.#turn++ % HASHES] as { hash: string }
    const { pickResultType } = this.#picker!.pick({ metadata: this.#metadata, extraPickInfo })
    return pickResultType === experimental.PickResultType.COMPLETE
  }

  /** Lets its timers go. */
  close(): void {
    this.#balancer.destroy()
  }

  /** As in a channel, an address that comes again has the subchannel that it had. */
  #subchannel(address: string): Subchannel {
    const known = this.#subchannels.get(address) ?? (new ReadySubchannel(address) as unknown as Subchannel)
    this.#subchannels.set(address, known)
    return known
  }
}

/** As much of a subchannel as policies ask for. */
class ReadySubchannel {
  readonly #address: string

  constructor(address: string) {
    this.#address = address
  }

  getConnectivityState(): connectivityState {
    return connectivityState.READY
  }

  getAddress(): string {
    return this.#address
  }

  isHealthy(): boolean {
    return true
  }

  realSubchannelEquals(other: unknown): boolean {
    return other === this
  }

  getWrappedSubchannel(): this {
    return this
  }

  getChannelzRef(): void {}
  startConnecting(): void {}
  ref(): void {}
  unref(): void {}
  addConnectivityStateListener(): void {}
  removeConnectivityStateListener(): void {}
  addHealthStateWatcher(): void {}
  removeHealthStateWatcher(): void {}
}
