import type { RequestEditor } from '../call/request-editor.js'
import type { Cluster } from '../cluster/cluster.js'
import { FilterChain } from '../filters/filter-chain.js'
import type { FormatContext } from '../format/format-context.js'
import { compileHeaderMutation } from '../headers/header-mutation.js'
import type { MirrorPolicy } from '../model/mirror-policy.js'
import type { Random } from '../ports/random.js'
import type { Levels } from '../rewrite/request-changes.js'
import { CompiledRoute, type Mirror, type RouteFinder } from './compiled-route.js'

const MILLION = 1_000_000

/** See {@link Mirror}. */
export class CompiledMirror implements Mirror {
  readonly table: RouteFinder
  readonly #policy: MirrorPolicy
  readonly #changes: readonly ReturnType<typeof compileHeaderMutation>[]

  /**
   * @param levels - Where the requests are; of the route the time limits count for copies too.
   * @param policy - The policy.
   * @param cluster - The cluster, running.
   */
  constructor({ routes, host, route }: Levels, policy: MirrorPolicy, cluster: Cluster) {
    const { retryPolicy: _, ...plainHost } = host
    const { timeoutMs = undefined } = route.action.kind === 'forward' ? route.action : {}
    const clusters = [{ name: policy.cluster, weight: 1, filterOverrides: new Map() }]
    const action = { kind: 'forward', clusters, ...(timeoutMs !== undefined && { timeoutMs }) } as const
    const destination = { cluster, upTo: 1, filters: FilterChain.EMPTY, subset: undefined, responseChanges: undefined }
    const listener = { name: '', filters: [], maxStreamDurationMs: 0 }
    const compiled = new CompiledRoute(plainHost, { ...route, action }, [destination], listener)
    this.table = { name: routes.name, match: () => compiled }
    this.#policy = policy
    this.#changes = policy.changes.map(compileHeaderMutation)
  }

  takes(random: Random): boolean {
    const { fraction } = this.#policy
    return fraction === undefined || random.below(MILLION) < fraction.perMillion
  }

  apply(editor: RequestEditor, context: FormatContext): void {
    const { host, keepsHost } = this.#policy
    if (host !== undefined) editor.authority = host
    else if (keepsHost !== true) editor.authority = shadow(editor.authority)
    for (const change of this.#changes) change(editor.headers, context)
  }
}

/** Tells copies from requests in logs (Envoy, ShadowWriter): the name of the host gets a suffix, a port stays. */
function shadow(authority: string): string {
  const colon = authority.lastIndexOf(':')
  if (colon <= authority.lastIndexOf(']')) return `${authority}-shadow`
  return `${authority.slice(0, colon)}-shadow${authority.slice(colon)}`
}
