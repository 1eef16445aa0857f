import type { HeaderMutation } from './header-mutation-config.js'
import type { Fraction } from './match.js'

/**
 * Sends a copy of requests to another cluster, whose answers nobody waits for (envoy.config.route.v3.RouteAction.RequestMirrorPolicy). HTTP
 * only.
 */
export interface MirrorPolicy {
  /** Name of the cluster; the empty string where {@link MirrorPolicy.clusterHeader} names it. */
  readonly cluster: string
  /** Header of the request that names the cluster, in lower case. A request without it is not mirrored. */
  readonly clusterHeader?: string
  /** Share of the requests; absent means all. */
  readonly fraction?: Fraction
  /** Takes the place of the host; absent means the host of the request with `-shadow` behind its name. */
  readonly host?: string
  /** Whether the host stays as it is where `host` is absent (`disable_shadow_host_suffix_append`). Default false. */
  readonly keepsHost?: boolean
  /** Changes of the copy's headers. */
  readonly changes: readonly HeaderMutation[]
}
