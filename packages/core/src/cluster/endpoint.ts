import type { EndpointLoadReport } from '../load/endpoint-load-report.js'
import type { ClusterConfig } from '../model/cluster.js'
import type { EndpointConfig, EndpointHealth, Locality } from '../model/endpoint.js'
import type { RequestPriority } from '../model/route.js'
import type { View } from '../model/view.js'
import type { OutlierRecord } from '../outlier/outlier-record.js'
import type { AttemptFailure } from '../retry/attempt-failure.js'
import type { CircuitBreaker } from './circuit-breaker.js'

/**
 * How a carrier is connected to an endpoint: `idle` has no connection and none under way, `connecting` tries, `ready` has one, `failed`
 * could not get one and waits before it tries again (gRPC connectivity semantics).
 */
export type Connectivity = 'idle' | 'connecting' | 'ready' | 'failed'

const NOWHERE: Locality = Object.freeze({ region: '', zone: '', subZone: '' })

/** Who counts the attempts that go to an endpoint: the cluster that lists it, whichever cluster a route names. */
export interface EndpointOwner {
  /** Its name. */
  readonly name: string
  /** Its configuration in use; undefined when it is in error. */
  readonly config: ClusterConfig | undefined
  /** What is in use of it, and what may be. */
  readonly breakers: Readonly<Record<RequestPriority, CircuitBreaker>>
  /** Whether its endpoints are checked, so that what responses say of their health counts. */
  readonly checked: boolean
  /** A response said that its endpoint is ill. */
  failedHealthCheck(endpoint: Endpoint): void
  /** Counts an attempt in. */
  attemptStarted(endpoint: Endpoint, priority: RequestPriority, connected: boolean): void
  /** An attempt that waited got its connection. */
  attemptConnected(endpoint: Endpoint, priority: RequestPriority): void
  /** An attempt was answered. */
  attemptResponded(endpoint: Endpoint, status: number, grpcStatus: number, elapsedMs: number, view: View): void
  /** An attempt got no answer. */
  attemptFailed(endpoint: Endpoint, failure: AttemptFailure, elapsedMs: number, view: View): void
  /** A response broke off after its head. */
  attemptBroken(endpoint: Endpoint, failure: AttemptFailure, view: View): void
  /** The endpoint told how it is doing. */
  loadReported(endpoint: Endpoint, report: EndpointLoadReport): void
  /** Counts an attempt out. */
  attemptEnded(endpoint: Endpoint, priority: RequestPriority, connected: boolean): void
}

/**
 * One endpoint of one cluster while the mesh runs. Lives as long as the control plane lists its address, across any number of updates,
 * so that requests in flight, connections and load survive them.
 */
export class Endpoint {
  /** Tag of the unions it is part of. */
  readonly kind = 'endpoint'
  /** `host:port`. */
  readonly key: string
  /** TCP port. */
  readonly port: number
  /** Requests in flight, of both views. */
  active = 0
  /** Attempts ever sent. */
  started = 0
  /** Attempts that failed: no answer, or a 5xx. */
  failed = 0
  /** Outlier detection took it out for a while, counts how many are out, and alone changes it. It tells `Cluster.healthChanged` then. */
  ejected = false
  /** What outlier detection knows of it; undefined until it counted something. */
  outlier: OutlierRecord | undefined = undefined
  /** The last verdict of active health checks; true while nobody checks. Whoever changes it tells `Cluster.healthChanged`. */
  passesHealthChecks = true
  /**
   * It is ill and does not count where health is a share of endpoints: new and not checked yet, or it said itself that it goes (Envoy, "Excluded
   * endpoints"). Whoever changes it tells `Cluster.healthChanged`.
   */
  excluded = false
  /** The last active health check found it well, but to be spared. */
  degradedByHealthCheck = false
  /** Priority of its locality, 0 for the highest. */
  priority = 0
  /** Where it is, as its cluster's assignment has it. */
  locality: Locality = NOWHERE
  /**
   * Since when it has been in service, on the clock's scale: since it was first listed as healthy, or since it last began to pass health checks.
   * Undefined as long as neither has happened.
   */
  inServiceSince: number | undefined = undefined
  /** The cluster that lists it. */
  readonly owner: EndpointOwner | undefined
  /** Number of the last assignment that listed it. Only its cluster reads or writes it. */
  listing = 0
  /** No longer listed: takes no new request, those in flight end. */
  removed = false
  /**
   * What the carrier of HTTP keeps for this endpoint: its pools. Only that reads or writes it; a field spares a hash look-up per request.
   */
  httpConnections: unknown = undefined
  /** The same of the carrier of gRPC: its subchannel. */
  grpcConnections: unknown = undefined
  #config: EndpointConfig

  /**
   * @param config - As the control plane lists it.
   * @param owner - The cluster that lists it.
   */
  constructor(config: EndpointConfig, owner?: EndpointOwner) {
    this.owner = owner
    this.key = config.key
    this.port = config.port
    this.#config = config
  }

  /** IP literal or host name that new connections go to. That of a name in DNS may change. */
  get host(): string {
    return this.#config.host
  }

  /** What the control plane says of it now. */
  get config(): EndpointConfig {
    return this.#config
  }

  /** What the control plane says and what the mesh itself found, taken together: the worse of them. */
  get health(): EndpointHealth {
    if (this.ejected || !this.passesHealthChecks) return 'unhealthy'
    const { health } = this.#config
    return this.degradedByHealthCheck && health === 'healthy' ? 'degraded' : health
  }

  /**
   * Takes over a changed weight, health or metadata. The key never changes, and the host only where the key is a name.
   *
   * @param config - The new configuration, same key.
   */
  reconfigure(config: EndpointConfig): void {
    this.#config = config
  }
}
