import { EndpointResourceType } from '@grpc/grpc-js-xds/build/src/xds-resource-type/endpoint-resource-type.js'
import type { ResolvedCluster } from '@inmesh/core'
import { type EndpointResource, endpointAssignmentType } from '@inmesh/xds'
import { TypeUrl } from '@inmesh/xds-proto'
import { type JsonValue, loadJsonCodec } from '@inmesh/xds-proto/json'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'
import { BalancedCluster } from './support/balanced-cluster.js'
import { type GrpcJsAddress, GrpcJsBalancer } from './support/grpc-js-balancer.js'
import { cluster } from './support/shop-config.js'

const ROUND_ROBIN = { kind: 'round-robin' } as const
const SIZES = [100, 1000, 10_000]
const UPDATES = 10
const LIMIT_MS = 60

/** An assignment in which one endpoint changed: decoded, checked and taken over by round robin, here and there. */
export async function benchAssignments(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const size of SIZES) rows.push(await measure(size))
  return rows
}

async function measure(size: number): Promise<Row> {
  const versions = Array.from({ length: UPDATES + 1 }, (_, version) => serialized(size, version))
  const ours = new Ours()
  const theirs = new GrpcJsBalancer({ round_robin: {} })
  const times = { ours: [] as number[], theirs: [] as number[] }
  for (const bytes of versions) {
    times.ours.push(await cpuMs(() => ours.update(bytes)))
    times.theirs.push(await cpuMs(() => theirs.update(theirAddresses(bytes))))
  }
  ours.close()
  theirs.close()
  const oursMs = median(times.ours.slice(1))
  return {
    what: `an assignment of ${size} endpoints, one of them changed, decoded and taken over`,
    bare: `${median(times.theirs.slice(1)).toFixed(1)} ms`,
    mesh: `${oursMs.toFixed(1)} ms`,
    target: `< ${LIMIT_MS} ms`,
    met: oursMs < LIMIT_MS,
  }
}

/** A cluster with the assignment that it has in use. */
class Ours {
  readonly #cluster = new BalancedCluster(ROUND_ROBIN)
  #previous: EndpointResource | undefined

  update(bytes: Uint8Array): void {
    const decoded = endpointAssignmentType.decode(bytes, this.#previous)
    if (decoded.kind !== 'valid') throw new Error('the assignment was refused')
    this.#previous = decoded.value
    const empty = cluster('picks', [], { loadBalancing: ROUND_ROBIN }) as Extract<ResolvedCluster, { kind: 'resolved' }>
    this.#cluster.update({ ...empty, endpoints: decoded.value.assignment })
  }

  close(): void {
    this.#cluster.close()
  }
}

/** As much of a decoded ClusterLoadAssignment as is needed. */
interface TheirAssignment {
  readonly endpoints: readonly {
    readonly lb_endpoints: readonly {
      readonly endpoint: { readonly address: { readonly socket_address: { address: string; port_value: number } } }
    }[]
  }[]
}

function theirAddresses(bytes: Uint8Array): readonly GrpcJsAddress[] {
  const resource = { type_url: TypeUrl.ClusterLoadAssignment, value: Buffer.from(bytes) }
  const { value } = EndpointResourceType.get().decode({} as never, resource)
  if (value === undefined) throw new Error('the assignment was refused')
  return (value as TheirAssignment).endpoints.flatMap(({ lb_endpoints: endpoints }) =>
    endpoints.map(({ endpoint }) => {
      const { address: host, port_value: port } = endpoint.address.socket_address
      return { host, port }
    }),
  )
}

function serialized(size: number, version: number): Uint8Array {
  const lbEndpoints = Array.from({ length: size }, (_, index): JsonValue => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    const loadBalancingWeight = index === version ? 2 : 1
    return { endpoint: { address: { socketAddress: { address, portValue: 8080 } } }, loadBalancingWeight }
  })
  const locality = { locality: { region: 'region', zone: 'zone' }, loadBalancingWeight: 1, lbEndpoints }
  return loadJsonCodec().encode(TypeUrl.ClusterLoadAssignment, { clusterName: 'picks', endpoints: [locality] })
}

async function cpuMs(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
