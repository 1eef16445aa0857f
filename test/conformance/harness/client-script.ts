// A process with clients of control planes and nothing on top of them, that tests drive by commands and that reports what their watchers
// are told.
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
import type { ClientParameters, WatchParameters } from './client-process.js'
import { nodeId } from './mesh-process.js'
import { type PartSay, serveParts } from './parts.js'
import { SpedUpClock } from './sped-up-clock.js'

const types: Readonly<Record<string, ResourceType<unknown>>> = {
  listener: listenerType,
  routes: routeConfigurationType,
  cluster: clusterType,
  endpoints: endpointAssignmentType,
}

serveParts(({ address, clockFactor, serverFeatures }: ClientParameters, say: PartSay) => {
  const server = { server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: serverFeatures }
  const bootstrap = parseBootstrap({ xds_servers: [server], node: { id: nodeId } })
  const clock = new SpedUpClock(clockFactor)
  const client = new AdsClient({
    server: bootstrap.servers[0]!,
    node: bootstrap.node,
    clock,
    random: new SeededRandom(1),
  })
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

  return {
    watch: (parameters: WatchParameters) => watch(parameters),
    unwatch: ({ watcher }: { watcher: string }) => unwatches.get(watcher)?.(),
    timePasses: ({ ms }: { ms: number }) => new Promise<void>((resolve) => clock.setTimer(ms, resolve, true)),
    end: () => client.close(),
  }
})
