import type { BalancingPolicy, Clock, Logger, Random, TraceFormat } from '@inmesh/core'
import type { DeletionPolicy, XdsProtocol } from '@inmesh/xds'
import type { LogLevel } from '../log/stderr-logger.js'

/**
 * What a mesh does: `on` everything, `observe` decide and note what it would do while calls and requests go as without a mesh, `off` nothing but pass
 * them on.
 */
export type MeshMode = 'on' | 'observe' | 'off'

/** What becomes of answers that the mesh makes itself, such as "no healthy upstream". */
export type LocalReplyMode = 'response' | 'throw'

/**
 * How hosts lead to resources of a control plane: `grpc` by a listener for each `host:port`, `sidecar` by all listeners and clusters there are
 * and a table of routes for each port, as Istio serves its sidecars.
 */
export type TargetNamingMode = 'grpc' | 'sidecar'

/** Whether hosts outside the mesh may be called: any, or named ones only. */
export type OutboundPolicyMode = 'allow-any' | 'registry-only'

/** What becomes of requests to a server for which there is no listener: they go to the application as they are, or are answered 503. */
export type InboundListenerMode = 'optional' | 'required'

/** Whether the mesh reckons with a sidecar beside it that does the same for every process of the pod. */
export type SidecarMode = 'detect' | 'present' | 'absent'

/** Where a workload runs, from the largest to the smallest. */
export interface LocalityOption {
  /** Region, such as `europe-west1`. */
  readonly region: string
  /** Zone in the region. Default: not known. */
  readonly zone?: string
  /** Part of the zone, such as a rack. Default: not known. */
  readonly subZone?: string
}

/**
 * Options of `createMesh()`. Each also has an environment variable, named beside it, and may stand by its name in the JSON file that
 * `INMESH_OPTIONS_FILE` names; a value in code counts over the environment, the environment over that file, and the file over a bootstrap file.
 */
export interface MeshOptions {
  /** The operator's switch. Default `on`. `INMESH_MODE`. */
  readonly mode?: MeshMode
  /** Name of the service that this workload is a part of, a DNS label. Default: none, the workload only calls. `INMESH_SERVICE`. */
  readonly service?: string
  /** Namespace of the workload, a DNS label. Default `default`. `INMESH_NAMESPACE`. */
  readonly namespace?: string
  /** Version of the workload, its label `version`. `INMESH_VERSION`. */
  readonly version?: string
  /** Further labels, by which rules select workloads. `INMESH_LABELS` as `key=value,key=value`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Port under which callers know the service, 1 to 65535. With it, servers are registered with the control plane. `INMESH_SERVICE_PORT`. */
  readonly servicePort?: number
  /** Where the workload runs; callers prefer what is near. `INMESH_LOCALITY` as `region/zone/subZone`. */
  readonly locality?: LocalityOption
  /**
   * Name of the cluster, as the configuration has it, that this workload's own endpoints are in. With it and a locality, here or in the
   * bootstrap, HTTP calls stay in the caller's zone as far as that has its share of the endpoints (Envoy, `local_cluster_name`). Default: none.
   * `INMESH_LOCAL_CLUSTER`.
   */
  readonly localCluster?: string
  /**
   * Address under which others reach servers that listen on every address. Default: loopback when the control plane is on this machine,
   * else the first IPv4 address of its network interfaces. `INMESH_INSTANCE_IP`.
   */
  readonly instanceIp?: string
  /** Directory of configuration files, read in this process, in place of a control plane. `INMESH_CONFIG`. */
  readonly config?: string
  /** `host:port` of a control plane that is reached in plaintext. `INMESH_CONTROL_PLANE`. */
  readonly controlPlane?: string
  /**
   * gRPC xDS bootstrap: path of a JSON file, or the object that such a file holds. Default: what `GRPC_XDS_BOOTSTRAP` or
   * `GRPC_XDS_BOOTSTRAP_CONFIG` name. `INMESH_BOOTSTRAP` (a path).
   */
  readonly bootstrap?: string | Readonly<Record<string, unknown>>
  /**
   * File with the labels of the pod, as the downward API of Kubernetes writes it. With `POD_NAME` and `POD_NAMESPACE` the workload is that pod.
   * Default `/etc/istio/pod/labels`, if it is there. `INMESH_LABELS_FILE`.
   */
  readonly labelsFile?: string
  /**
   * Whether a sidecar runs beside the mesh, which then leaves routing, retries, balancing, spans and metrics to it and keeps to context, deadlines
   * and breakers: `detect` looks for Istio's in a pod, once. Options that ask the mesh to decide, `inboundListener: 'required'` and `outboundPolicy:
   * 'registry-only'`, have it go on. Default `detect`. `INMESH_SIDECAR`.
   */
  readonly sidecar?: SidecarMode
  /**
   * How a control plane is spoken to: in the `sotw` (state of the world) variant of xDS, in which it repeats what did not change, or in the
   * `delta` (incremental) one, in which it does not. Not every control plane does the second well: istiod does not for nodes with
   * `GENERATOR=grpc`. Default `sotw`. `INMESH_XDS_PROTOCOL`.
   */
  readonly xdsProtocol?: XdsProtocol
  /**
   * What becomes of a listener or cluster in use that the control plane deletes: `keep` leaves it in use with a warning (gRFC A88), `drop`
   * takes it away. The bootstrap's server features `fail_on_data_errors` and `ignore_resource_deletion` come before that. Default `keep`.
   * `INMESH_DELETED_RESOURCES`.
   */
  readonly deletedResources?: DeletionPolicy
  /**
   * Networks whose peers may set deadlines and other headers of the mesh, addresses or CIDR blocks. Default: loopback.
   * `INMESH_TRUSTED_NETWORKS`, separated by commas.
   */
  readonly trustedNetworks?: readonly string[]
  /** Whether answers made by the mesh are responses, as behind a sidecar, or errors. Default `response`. `INMESH_LOCAL_REPLY`. */
  readonly localReply?: LocalReplyMode
  /**
   * How hosts lead to resources of a control plane. Default `sidecar` where the bootstrap's node says `ISTIO_VERSION` and not `GENERATOR=grpc`,
   * else `grpc`. `INMESH_TARGET_NAMING`.
   */
  readonly targetNaming?: TargetNamingMode
  /**
   * Hosts that the control plane is asked for: names, `*.suffix` or `*` for every host. Short names as in Kubernetes count as what they are
   * short for. Calls to any other host go past the mesh. Default: where the bootstrap's node names the domain of a cluster, as for Istio, the
   * names that services of the cluster have (`reviews`, `reviews.shop`, `reviews.shop.svc`, `*.svc.cluster.local`), so that external hosts, those
   * of a `ServiceEntry` included, must be named here; else every host. With `sidecar` naming the control plane hears of no host, and the
   * hosts of its route tables count. Addresses, and names of this machine such as `localhost`, are looked at only where they are named here as they
   * are. `INMESH_MESH_HOSTS`, separated by commas.
   */
  readonly meshHosts?: readonly string[]
  /**
   * Hosts that calls go to past the mesh, whatever the control plane knows of them: names, `*.suffix` or `*`. For operators; an `https:` URL is
   * verified there as anywhere. Default: none. `INMESH_BYPASS`, separated by commas.
   */
  readonly bypass?: readonly string[]
  /**
   * What becomes of calls to hosts that the control plane does not know: `allow-any` lets them go past the mesh, `registry-only` answers them 502
   * (`ERR_INMESH_OUTBOUND_REFUSED`), but for the hosts in `outboundHosts` and this machine. Default `allow-any`. `INMESH_OUTBOUND_POLICY`.
   */
  readonly outboundPolicy?: OutboundPolicyMode
  /**
   * Hosts outside the mesh that may be called under `registry-only`: names, addresses, `*.suffix`. Default: none. `INMESH_OUTBOUND_HOSTS`,
   * separated by commas.
   */
  readonly outboundHosts?: readonly string[]
  /**
   * Milliseconds after which a host counts as unknown that a connected control plane does not answer for; one that says that it does not have
   * the host is believed at once. Calls to it go past the mesh until the control plane has it. Default 1000. `INMESH_UNKNOWN_HOST_TIMEOUT_MS`.
   */
  readonly unknownHostTimeoutMs?: number
  /** Milliseconds for which a call waits for the first configuration of its host. Default 5000. `INMESH_DISCOVERY_TIMEOUT_MS`. */
  readonly discoveryTimeoutMs?: number
  /**
   * Whether servers may serve without their inbound listener: because the control plane has none for them, or cannot be reached. Either way
   * requests wait for the control plane's first word, `discoveryTimeoutMs` at most. Once there was a listener, one that is deleted or cannot be
   * used stops the server, whose requests are answered 503. Default `optional`. `INMESH_INBOUND_LISTENER`.
   */
  readonly inboundListener?: InboundListenerMode
  /**
   * Port on which `GET /ready` tells probes whether callers should come: 200, or 503 with the reasons. Default: none. `INMESH_READINESS_PORT`.
   */
  readonly readinessPort?: number
  /**
   * Milliseconds for which a server still takes requests after it was withdrawn from the control plane, since its callers learn of that a
   * little later. Default 500 with a `service`, else 0. `INMESH_DRAIN_DELAY_MS`.
   */
  readonly drainDelayMs?: number
  /**
   * Signals at which the mesh is closed; then they end the process as ever, unless the application listens for them too. A second one ends it at
   * once. `true` is SIGTERM and SIGINT. PM2's message `shutdown` counts as one, after which the process ends when it has nothing left to do.
   * Default: none. `INMESH_HANDLE_SIGNALS` as `true`, or as names separated by commas.
   */
  readonly handleSignals?: boolean | readonly NodeJS.Signals[]
  /**
   * Whether requests and calls become spans, where an SDK of OpenTelemetry is registered in the process; without one nothing is done. `false`
   * leaves spans to others, such as a sidecar; traces are passed on all the same. Default true. `INMESH_TRACING`.
   */
  readonly tracing?: boolean
  /**
   * How calls tell the trace that they belong to. Requests are understood in every format, and a trace that came in B3 goes on in B3 too, whatever
   * stands here. Default: those of these formats that `OTEL_PROPAGATORS` names, else `tracecontext` and `baggage`. `INMESH_PROPAGATION`,
   * separated by commas.
   */
  readonly propagation?: readonly TraceFormat[]
  /** How much is written to standard error when there is no `logger`. Default `warn`. `INMESH_LOG_LEVEL`. */
  readonly logLevel?: LogLevel
  /**
   * Load balancing policies of the application's own, by the name that the control plane uses for them: the part of a `TypedStruct`'s type URL
   * behind the last slash (gRFC A52). Each checks its configuration when a cluster comes: what it throws makes the cluster malformed. Default:
   * none. Code only.
   */
  readonly balancingPolicies?: Readonly<Record<string, BalancingPolicy>>
  /** Takes messages in place of standard error. Code only. */
  readonly logger?: Logger
  /** Time. Default: the machine's. Code only, for tests. */
  readonly clock?: Clock
  /** Dice. Default: the machine's. Code only, for tests. */
  readonly random?: Random
}
