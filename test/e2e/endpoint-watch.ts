import { SystemClock, SystemRandom } from '@inmesh/core'
import { AdsClient, parseBootstrap, type ResourceType } from '@inmesh/xds'
import { ClusterLoadAssignment, TypeUrl } from '@inmesh/xds-proto'
import { patienceMs } from '../support/patience.js'
import type { TestScope } from '../support/test-process.js'

/** Assignments as they are on the wire. */
const assignmentType: ResourceType<ClusterLoadAssignment> = {
  typeUrl: TypeUrl.ClusterLoadAssignment,
  shortName: 'EDS',
  fullState: false,
  decode: (bytes) => {
    const value = ClusterLoadAssignment.decode(bytes)
    return { kind: 'valid', name: value.clusterName, value, unsupported: [] }
  },
}

/** The endpoints of a cluster as a control plane tells them to a client. */
export class EndpointWatch {
  #addresses: readonly string[] = []
  #changed: (() => void) | undefined

  /**
   * @param scope - The test.
   * @param controlPlane - `host:port`.
   * @param cluster - Name of the cluster.
   */
  constructor(scope: TestScope, controlPlane: string, cluster: string) {
    const bootstrap = parseBootstrap({
      xds_servers: [{ server_uri: controlPlane, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'sidecar~127.0.0.1~watcher.shop~shop.svc.cluster.local' },
    })
    const client = new AdsClient({
      server: bootstrap.servers[0]!,
      node: bootstrap.node,
      clock: new SystemClock(),
      random: new SystemRandom(),
    })
    scope.after(async () => client.close())
    client.watch(assignmentType, cluster, {
      changed: (assignment) => this.#tell(addressesOf(assignment)),
      missing: () => this.#tell([]),
      absent: () => {},
      failed: () => {},
      ambient: () => {},
    })
  }

  /** Waits until the endpoints pass; addresses are `host:port`, sorted. */
  async until(passes: (addresses: readonly string[]) => boolean): Promise<readonly string[]> {
    while (!passes(this.#addresses)) await this.#nextChange()
    return this.#addresses
  }

  async #nextChange(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the endpoints stayed [${this.#addresses.join(', ')}] for ${patienceMs} ms`))
      }, patienceMs)
      this.#changed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #tell(addresses: readonly string[]): void {
    this.#addresses = addresses
    this.#changed?.()
  }
}

function addressesOf({ endpoints }: ClusterLoadAssignment): string[] {
  return endpoints
    .flatMap((locality) => locality.lbEndpoints)
    .map(({ hostIdentifier }) => {
      const address = hostIdentifier?.$case === 'endpoint' ? hostIdentifier.value.address?.address : undefined
      if (address?.$case !== 'socketAddress') return 'no socket address'
      const { portSpecifier } = address.value
      return `${address.value.address}:${portSpecifier?.$case === 'portValue' ? portSpecifier.value : '-'}`
    })
    .sort()
}
