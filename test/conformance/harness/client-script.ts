// A process with a client of a control plane and nothing on top of it, that a test drives by commands and that reports what its watchers
// are told. The first argument holds the address of the control plane.
import { SeededRandom } from '@inmesh/core'
import {
  AdsClient,
  clusterType,
  endpointAssignmentType,
  listenerType,
  parseBootstrap,
  type ResourceType,
  routeConfigurationType,
} from '@inmesh/xds'
import { say, serveCommands } from '../../support/commands.js'
import type { ClientParameters, WatchParameters } from './client-process.js'
import { nodeId } from './mesh-process.js'
import { SpedUpClock } from './sped-up-clock.js'

const { address, clockFactor, serverFeatures } = JSON.parse(process.argv[2]!) as ClientParameters
const bootstrap = parseBootstrap({
  xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: serverFeatures }],
  node: { id: nodeId },
})
const client = new AdsClient({
  server: bootstrap.servers[0]!,
  node: bootstrap.node,
  clock: new SpedUpClock(clockFactor),
  random: new SeededRandom(1),
})
const types: Readonly<Record<string, ResourceType<unknown>>> = {
  listener: listenerType,
  routes: routeConfigurationType,
  cluster: clusterType,
  endpoints: endpointAssignmentType,
}
const unwatches = new Map<string, () => void>()

function watch({ watcher, type, name, alsoWatch }: WatchParameters): void {
  const tell = (news: string, error?: Error): void =>
    say({ event: 'told', watcher, news, error: error?.message ?? null })
  const unwatch = client.watch(types[type]!, name, {
    changed: () => {
      tell('changed')
      if (alsoWatch !== undefined) watch(alsoWatch)
    },
    missing: () => tell('missing'),
    absent: () => tell('absent'),
    failed: (error) => tell('failed', error),
    ambient: (error) => tell('ambient', error),
  })
  unwatches.set(watcher, unwatch)
}

serveCommands(
  {
    watch: (parameters: WatchParameters) => watch(parameters),
    unwatch: ({ watcher }: { watcher: string }) => unwatches.get(watcher)?.(),
    close: () => client.close(),
  },
  () => process.exit(),
)
say({ event: 'started' })
