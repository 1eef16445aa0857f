import type { RequestEditor } from '../call/request-editor.js'
import type { RequestView } from '../call/request-view.js'
import type { Cluster } from '../cluster/cluster.js'
import type { ClusterFinder } from '../cluster/named-clusters.js'
import { FilterChain } from '../filters/filter-chain.js'
import type { FormatContext } from '../format/format-context.js'
import { compileHeaderMutation } from '../headers/header-mutation.js'
import type { MirrorPolicy } from '../model/mirror-policy.js'
import type { WeightedCluster } from '../model/route.js'
import { happens } from '../ports/happens.js'
import type { Random } from '../ports/random.js'
import type { Levels } from '../rewrite/request-changes.js'
import { CompiledRoute, type Mirror, type RouteFinder } from './compiled-route.js'
import { compileShares } from './route-share.js'

/** See {@link Mirror}. */
export class CompiledMirror implements Mirror {
  readonly table: (request: RequestView) => RouteFinder | undefined
  readonly #policy: MirrorPolicy
  readonly #changes: readonly ReturnType<typeof compileHeaderMutation>[]

  /**
   * @param levels - Where the requests are; of the route the time limits count for copies too.
   * @param policy - The policy.
   * @param clusters - Running clusters, that of the policy among them.
   * @param named - Finds clusters that requests name.
   */
  constructor(levels: Levels, policy: MirrorPolicy, clusters: ReadonlyMap<string, Cluster>, named: ClusterFinder) {
    const { route } = levels
    const { timeoutMs = undefined } = route.action.kind === 'forward' ? route.action : {}
    const entry = { ...clusterOf(policy), weight: 1, filterOverrides: new Map() }
    const action = { kind: 'forward', clusters: [entry], ...(timeoutMs !== undefined && { timeoutMs }) } as const
    const shares = compileShares([entry], clusters, named, (_, cluster) => ({
      cluster,
      filters: FilterChain.EMPTY,
      subset: undefined,
      responseChanges: undefined,
    }))
    const host = { name: levels.host.name }
    const listener = { name: '', filters: [], maxStreamDurationMs: 0 }
    const compiled = new CompiledRoute({ host, source: { ...route, action }, shares, listener })
    const table: RouteFinder = { name: levels.routes.name, match: () => compiled }
    const [share] = shares
    this.table = (request) => (share!.destination(request) === undefined ? undefined : table)
    this.#policy = policy
    this.#changes = policy.changes.map(compileHeaderMutation)
  }

  takes(random: Random): boolean {
    const { fraction } = this.#policy
    return fraction === undefined || happens(random, fraction.perMillion)
  }

  apply(editor: RequestEditor, context: FormatContext): void {
    const { host, keepsHost } = this.#policy
    if (host !== undefined) editor.authority = host
    else if (keepsHost !== true) editor.authority = shadow(editor.authority)
    for (const change of this.#changes) change(editor.headers, context)
  }
}

function clusterOf({ cluster, clusterHeader }: MirrorPolicy): Pick<WeightedCluster, 'name' | 'clusterHeader'> {
  return clusterHeader === undefined ? { name: cluster } : { name: '', clusterHeader }
}

/** Tells copies from requests in logs (Envoy, ShadowWriter): the name of the host gets a suffix, a port stays. */
function shadow(authority: string): string {
  const colon = authority.lastIndexOf(':')
  if (colon <= authority.lastIndexOf(']')) return `${authority}-shadow`
  return `${authority.slice(0, colon)}-shadow${authority.slice(colon)}`
}
