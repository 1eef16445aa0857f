import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { RequestView } from '../call/request-view.js'
import type { Cluster } from '../cluster/cluster.js'
import type { FilterChain } from '../filters/filter-chain.js'
import {
  compileCookieMatch,
  compileHeaderMatch,
  compileQueryParameterMatch,
  type RequestMatcher,
} from '../matching/request-matcher.js'
import type { RouteMatch } from '../model/match.js'
import type { RetryPolicy } from '../model/retry-policy.js'
import type { Route, VirtualHost } from '../model/route.js'
import type { View } from '../model/view.js'
import type { Random } from '../ports/random.js'

/** One destination of a compiled route. */
export interface Destination {
  /** The running cluster. */
  readonly cluster: Cluster
  /** Sum of the weights up to and including this destination. */
  readonly upTo: number
  /** Filters for requests that go here, overrides applied. */
  readonly filters: FilterChain
}

/** Envoy's RouteAction.timeout when it is not set. */
const DEFAULT_TIMEOUT_MS = 15_000

/** What a route says about time, resolved for one view. 0 means no limit. */
export interface RouteTimeouts {
  /** From the end of the request to the end of the response, all attempts included. */
  readonly requestMs: number
  /** Of one attempt. */
  readonly perTryMs: number
}

/** A route made ready for requests: conditions compiled, clusters found, everything per view decided. */
export class CompiledRoute {
  /** The route as configured. */
  readonly source: Route
  /** Retry policy that applies, the virtual host's where the route has none. */
  readonly retryPolicy: RetryPolicy | undefined
  readonly #destinations: readonly Destination[]
  readonly #totalWeight: number
  readonly #conditions: readonly RequestMatcher[]
  readonly #perMillion: number
  readonly #grpcOnly: boolean
  readonly #skipped: Record<View, boolean>
  readonly #refused: Record<View, LocalReply | undefined>
  readonly #timeouts: Record<View, RouteTimeouts>

  /**
   * @param host - Virtual host of the route.
   * @param source - The route.
   * @param destinations - Its clusters; empty for an action that does not forward.
   * @param maxStreamDurationMs - The listener's, for routes that do not say.
   */
  constructor(host: VirtualHost, source: Route, destinations: readonly Destination[], maxStreamDurationMs: number) {
    this.source = source
    this.#destinations = destinations
    this.#totalWeight = destinations.at(-1)?.upTo ?? 0
    this.#conditions = compileConditions(source.match)
    this.#perMillion = source.match.fraction?.perMillion ?? -1
    this.#grpcOnly = source.match.grpcOnly
    this.#skipped = { http: source.skipped.http !== undefined, grpc: source.skipped.grpc !== undefined }
    this.#refused = { http: refusal(host, source, 'http'), grpc: refusal(host, source, 'grpc') }
    const action = source.action
    const forward = action.kind === 'forward' ? action : undefined
    this.retryPolicy = forward?.retryPolicy ?? host.retryPolicy
    const stream = forward?.maxStreamDurationMs ?? maxStreamDurationMs
    this.#timeouts = {
      http: {
        requestMs: smallest(forward?.timeoutMs ?? DEFAULT_TIMEOUT_MS, stream),
        perTryMs: this.retryPolicy?.perTryTimeoutMs ?? 0,
      },
      // gRFC A31: `timeout` is not read, and `grpc_timeout_header_max` goes before `max_stream_duration`; A44: no limit per try.
      grpc: { requestMs: forward?.grpcMaxStreamDurationMs ?? stream, perTryMs: 0 },
    }
  }

  /**
   * Whether the route applies, its path condition aside, which the table has tested.
   *
   * @param request - The request.
   * @param random - Dice for the share of requests.
   */
  applies(request: RequestView, random: Random): boolean {
    if (this.#skipped[request.view]) return false
    if (this.#grpcOnly && !isGrpc(request)) return false
    for (let index = 0; index < this.#conditions.length; index++) {
      if (!this.#conditions[index]!(request)) return false
    }
    // Strictly less, so that a share of 0 never applies; gRFC A28 words it otherwise.
    return this.#perMillion < 0 || random.below(1_000_000) < this.#perMillion
  }

  /**
   * Why requests of a view that come to the route fail.
   *
   * @returns undefined when they do not.
   */
  refusal(view: View): LocalReply | undefined {
    return this.#refused[view]
  }

  /** Time limits for a view. */
  timeouts(view: View): RouteTimeouts {
    return this.#timeouts[view]
  }

  /**
   * Chooses where a request goes, once for all its attempts (gRFC A31).
   *
   * @param random - Dice for the weights.
   */
  destination(random: Random): Destination {
    const destinations = this.#destinations
    if (destinations.length === 1) return destinations[0]!
    const drawn = random.below(this.#totalWeight)
    let index = 0
    while (destinations[index]!.upTo <= drawn) index++
    return destinations[index]!
  }
}

/** All conditions but those on the path and on chance; the cheap ones first. */
function compileConditions(match: RouteMatch): readonly RequestMatcher[] {
  const networks = match.clientNetworks ?? []
  return [
    ...match.headers.map(compileHeaderMatch),
    ...(match.queryParameters ?? []).map(compileQueryParameterMatch),
    ...(match.cookies ?? []).map(compileCookieMatch),
    ...networks.map(
      (network): RequestMatcher =>
        ({ clientAddress }) => {
          return clientAddress !== undefined && clientAddress !== '' && network.has(clientAddress)
        },
    ),
  ]
}

function refusal(host: VirtualHost, route: Route, view: View): LocalReply | undefined {
  const reason = route.action.kind === 'unsupported' ? route.action.reason : route.refused[view]
  if (reason === undefined) return undefined
  return localReplies.routeRefused(`route ${route.name || '(unnamed)'} of virtual host ${host.name}: ${reason}`)
}

function isGrpc(request: RequestView): boolean {
  if (request.view === 'grpc') return true
  const type = request.header('content-type')
  if (type === undefined || !type.startsWith('application/grpc')) return false
  return type.length === 16 || type.charCodeAt(16) === 0x2b || type.charCodeAt(16) === 0x3b
}

function smallest(left: number, right: number): number {
  if (left === 0) return right
  return right === 0 ? left : Math.min(left, right)
}
