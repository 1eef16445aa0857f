// A process whose calls are decided by gRPC's rules, over the same configuration and core as a mesh.
import { DataPlane, SeededRandom, type Target } from '@inmesh/core'
import { AdsClient, DependencyTree, parseBootstrap, templateNaming } from '@inmesh/xds'
import { GrpcCall, type GrpcResult } from './grpc-call.js'
import { GrpcCarrier } from './grpc-carrier.js'
import type { GrpcCallParameters, GrpcMeshParameters } from './grpc-mesh-process.js'
import { method } from './grpc-method.js'
import { nodeId } from './mesh-process.js'
import { type PartSay, serveParts } from './parts.js'
import { SpedUpClock } from './sped-up-clock.js'

/** Between two look-ups of a name lies half a minute; what a failed connection asks for is to be seen in a test's time. */
const lookupFactor = 1000

function settled(target: Target): Promise<void> {
  return target.state === 'pending' ? new Promise((resolve) => target.whenSettled(() => resolve())) : Promise.resolve()
}

serveParts(({ address, clockFactor, serverFeatures, seed }: GrpcMeshParameters, say: PartSay) => {
  const bootstrap = parseBootstrap({
    xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: serverFeatures }],
    node: { id: nodeId },
  })
  const clock = new SpedUpClock(clockFactor)
  const random = new SeededRandom(seed)
  const provider = new AdsClient({ server: bootstrap.servers[0]!, node: bootstrap.node, clock, random })
  const source = new DependencyTree({
    provider,
    naming: templateNaming('%s'),
    clock: new SpedUpClock(lookupFactor),
    resolver: {
      resolve: async (name) => {
        say({ event: 'looked up', name })
        return { kind: 'addresses', addresses: [{ address: '127.0.0.1', ttlMs: undefined }] }
      },
    },
  })
  const carrier = new GrpcCarrier()
  carrier.released = ({ port }) => say({ event: 'released', port })
  const plane = new DataPlane({ source, clock, random, carriers: [carrier] })
  carrier.report = (endpoint, connectivity, reason) => {
    for (const cluster of plane.clusters()) {
      if (cluster.endpoints.get(endpoint.key) === endpoint) {
        cluster.view('grpc').connectivityChanged(endpoint, connectivity, reason)
      }
    }
  }

  async function call(parameters: GrpcCallParameters): Promise<GrpcResult> {
    const target = plane.target(parameters.target)
    await settled(target)
    const unavailable = { code: 14, server: null, attempts: 0, authority: null }
    if (target.state !== 'configured') return { ...unavailable, details: target.error?.message ?? target.state }
    return await new Promise((resolve) => {
      const { path = method, headers = {}, deadlineMs = 60_000 } = parameters
      new GrpcCall(plane, carrier, target, { path, headers, deadlineMs }, resolve).begin()
    })
  }

  return {
    call: (parameters: GrpcCallParameters) => call(parameters),
    calls: async ({ call: parameters, count }: { call: GrpcCallParameters; count: number }) => {
      const tally: Record<string, number> = {}
      for (let made = 0; made < count; made++) {
        const { server, code } = await call(parameters)
        const key = server ?? String(code)
        tally[key] = (tally[key] ?? 0) + 1
      }
      return tally
    },
    end: () => {
      plane.close()
      provider.close()
    },
  }
})
