import { type LocalReply, localReplies } from '../call/local-reply.js'
import type { ReplyRewriter } from '../call/reply-rewriter.js'
import type { RequestEditor } from '../call/request-editor.js'
import type { RequestView } from '../call/request-view.js'
import type { FormatContext } from '../format/format-context.js'
import { RequestHasher } from '../hashing/request-hasher.js'
import {
  compileCookieMatch,
  compileHeaderMatch,
  compileQueryParameterMatch,
  type RequestMatcher,
} from '../matching/request-matcher.js'
import type { RouteMatch } from '../model/match.js'
import type { ClusterChoice, RequestPriority, Route, VirtualHost } from '../model/route.js'
import type { AttemptHeaders } from '../model/router-options.js'
import type { ListenerConfig } from '../model/target-config.js'
import type { View } from '../model/view.js'
import { happens } from '../ports/happens.js'
import type { Random } from '../ports/random.js'
import { RetryRules } from '../retry/retry-rules.js'
import { steeredPolicy } from '../retry/steered-retry.js'
import { type ChoosingCall, drawWeight } from './cluster-choice.js'
import type { Destination, Passage } from './destination.js'
import type { LocalAnswer } from './local-answer.js'
import type { RouteShare } from './route-share.js'
import { compileTimeouts, type RouteTimeouts, timeoutsOf } from './route-timeouts.js'
import { checkHeaders } from './strict-headers.js'

/** A route's own answer, and the filters that a request passes before it gets it. */
export interface Answering extends Passage {
  /** The answer. */
  readonly answer: LocalAnswer
}

/** Finds the route of a request. */
export interface RouteFinder {
  /** Name of the route configuration. */
  readonly name: string
  /** Makes over what the mesh answers itself; absent leaves it as it is. */
  readonly replies?: ReplyRewriter | undefined
  /**
   * @param request - The request.
   * @returns undefined when there is none.
   */
  match(request: RequestView): CompiledRoute | undefined
}

/** A mirror of a route, made ready. Its copies are calls of their own, to one cluster, without filters and retries. */
export interface Mirror {
  /**
   * @param request - A request that is mirrored, as it goes out.
   * @returns where the call of its copy finds its route; undefined when the request names no cluster that is known, and is not mirrored.
   */
  table(request: RequestView): RouteFinder | undefined
  /**
   * Draws whether a request is mirrored.
   *
   * @param random - Dice.
   */
  takes(random: Random): boolean
  /**
   * Makes a copy of a request what the policy wants.
   *
   * @param editor - The copy.
   * @param context - The request that it is a copy of.
   */
  apply(editor: RequestEditor, context: FormatContext): void
}

/** What a route says to the requests of one view. Together, as each request reads all of it, and seldom the one before it the same. */
interface RouteRules {
  readonly skipped: boolean
  readonly refusal: LocalReply | undefined
  readonly timeouts: RouteTimeouts
  readonly retries: RetryRules | undefined
}

/** What a {@link CompiledRoute} is made of. */
export interface RouteParts {
  /** Virtual host of the route. */
  readonly host: Pick<VirtualHost, 'name' | 'retryPolicy' | 'attemptHeaders'>
  /** The route. */
  readonly source: Route
  /** Its limits count for routes that do not say. */
  readonly listener: ListenerConfig
  /** Its destinations; absent for an action that does not forward. */
  readonly shares?: readonly RouteShare[]
  /** Its own answer, for an action that gives one. */
  readonly answering?: Answering | undefined
  /** What requests pass on their way to the application, for an action that serves them. */
  readonly serving?: Passage
  /** Its mirrors. Default: none. */
  readonly mirrors?: readonly Mirror[]
}

/** A route made ready for requests: conditions compiled, clusters found, everything per view decided. */
export class CompiledRoute {
  /** The route as configured. */
  readonly source: Route
  /** Hashes requests for policies that choose by a hash; undefined when the route has nothing to hash. */
  readonly hasher: RequestHasher | undefined
  /** See {@link ForwardAction.rewritesAuthority}. */
  readonly rewritesAuthority: boolean
  /** Whose limits HTTP requests count against. */
  readonly priority: RequestPriority
  /** Present where the route answers requests itself and has no cluster. */
  readonly answering: Answering | undefined
  /** Present where the application behind a server gets the requests. */
  readonly serving: Passage | undefined
  /** Mirrors of its requests; undefined where there are none. */
  readonly mirrors: readonly Mirror[] | undefined
  /** See {@link RouterOptions.suppressesEnvoyHeaders}. */
  readonly suppressesEnvoyHeaders: boolean
  /** What is told of the attempts of its requests; undefined for nothing. */
  readonly attemptHeaders: AttemptHeaders | undefined
  readonly #strictHeaders: readonly string[]
  /** Where all requests go, if it is one cluster. */
  readonly #only: Destination | undefined
  readonly #shares: readonly RouteShare[]
  readonly #totalWeight: number
  readonly #conditions: readonly RequestMatcher[]
  readonly #perMillion: number
  readonly #grpcOnly: boolean
  readonly #rules: Readonly<Record<View, RouteRules>>
  readonly #choice: ClusterChoice | undefined
  readonly #notFoundStatus: number

  /**
   * @param parts - Parts of the route.
   */
  constructor({ host, source, listener, shares = [], answering, serving, mirrors = [] }: RouteParts) {
    this.source = source
    this.answering = answering
    this.serving = serving
    this.mirrors = mirrors.length === 0 ? undefined : mirrors
    this.#only = shares.length === 1 ? shares[0]!.fixed : undefined
    this.#shares = shares
    this.#totalWeight = shares.at(-1)?.upTo ?? 0
    this.#conditions = compileConditions(source.match)
    this.#perMillion = source.match.fraction?.perMillion ?? -1
    this.#grpcOnly = source.match.grpcOnly
    const action = source.action
    const forward = action.kind === 'forward' ? action : undefined
    this.hasher = forward?.hashPolicies && new RequestHasher(forward.hashPolicies)
    this.rewritesAuthority = forward?.rewritesAuthority === true
    this.priority = forward?.priority ?? 'default'
    this.#choice = forward?.clusterChoice
    this.#notFoundStatus = forward?.clusterNotFoundStatus ?? 503
    const retryPolicy = forward?.retryPolicy ?? host.retryPolicy
    const timeouts = compileTimeouts(action.kind === 'serve' ? action : forward, listener)
    const rules = (view: View): RouteRules => ({
      skipped: source.skipped[view] !== undefined,
      refusal: refusal(host, source, view),
      timeouts: timeouts[view],
      retries: retryPolicy && new RetryRules(retryPolicy, view),
    })
    this.#rules = { http: rules('http'), grpc: rules('grpc') }
    const { router } = listener
    this.suppressesEnvoyHeaders = router?.suppressesEnvoyHeaders === true
    this.attemptHeaders = host.attemptHeaders
    this.#strictHeaders = router?.strictHeaders ?? []
  }

  /**
   * Whether the route applies, its path condition aside, which the table has tested.
   *
   * @param request - The request.
   * @param random - Dice for the share of requests.
   */
  applies(request: RequestView, random: Random): boolean {
    if (this.#rules[request.view].skipped) return false
    if (this.#grpcOnly && !isGrpc(request)) return false
    for (let index = 0; index < this.#conditions.length; index++) {
      if (!this.#conditions[index]!(request)) return false
    }
    // Strictly less, so that a share of 0 never applies; gRFC A28 words it otherwise.
    return this.#perMillion < 0 || happens(random, this.#perMillion)
  }

  /**
   * Why requests of a view that come to the route fail.
   *
   * @returns undefined when they do not.
   */
  refusal(view: View): LocalReply | undefined {
    return this.#rules[view].refusal
  }

  /**
   * Checks the headers by which a request steers the mesh.
   *
   * @param request - A request that comes to the route and has such headers.
   * @returns the answer to one that has a wrong value; undefined when none has.
   */
  invalidHeader(request: RequestView): LocalReply | undefined {
    return request.view === 'http' ? checkHeaders(this.#strictHeaders, request) : undefined
  }

  /** Time limits of HTTP requests that ask for none themselves. */
  get limits(): RouteTimeouts {
    return this.#rules.http.timeouts
  }

  /**
   * Time limits of a request.
   *
   * @param request - A request that comes to the route.
   */
  timeouts(request: RequestView): RouteTimeouts {
    const { timeouts } = this.#rules[request.view]
    const asks = request.steered === true || timeouts.grpcHeader !== undefined || timeouts.respectsExpected
    return asks ? timeoutsOf(timeouts, request) : timeouts
  }

  /**
   * How attempts of a request may be repeated.
   *
   * @param request - A request that comes to the route.
   * @returns undefined when they may not.
   */
  retries(request: RequestView): RetryRules | undefined {
    let rules = this.#rules[request.view].retries
    if (request.steered === true && request.view === 'http') {
      const policy = steeredPolicy(rules?.policy, request)
      if (policy !== undefined) rules = new RetryRules(policy, 'http')
    }
    return rules?.appliesTo(request) ? rules : undefined
  }

  /**
   * Chooses where a request goes, once for all its attempts (gRFC A31).
   *
   * @param call - The call.
   * @returns undefined when the request names a cluster that does not exist.
   */
  destination(call: ChoosingCall): Destination | undefined {
    if (this.#only !== undefined) return this.#only
    const shares = this.#shares
    if (shares.length === 1) return shares[0]!.destination(call.request)
    const drawn = drawWeight(this.#choice, this.#totalWeight, call)
    let index = 0
    while (shares[index]!.upTo <= drawn) index++
    return shares[index]!.destination(call.request)
  }

  /**
   * @param name - Name of a cluster.
   * @returns what the route says of it; undefined where it names no such cluster.
   */
  destinationTo(name: string): Destination | undefined {
    return this.#shares.find(({ fixed }) => fixed?.cluster.name === name)?.fixed
  }

  /**
   * The answer to a call whose cluster does not exist.
   *
   * @param detail - What is known of it.
   */
  clusterNotFound(detail: string): LocalReply {
    return localReplies.noCluster(detail, this.#notFoundStatus)
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

function refusal(host: Pick<VirtualHost, 'name'>, route: Route, view: View): LocalReply | undefined {
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
