import type { BalancingPolicies, Clock, Logger, Random, TracePropagation } from '@inmesh/core'
import type { OutboundPolicy, TrustedNetworks } from '@inmesh/http'
import type { DeletionPolicy, XdsProtocol } from '@inmesh/xds'
import type { Pod } from '../kubernetes/pod.js'
import type {
  InboundListenerMode,
  LocalityOption,
  LocalReplyMode,
  MeshMode,
  OutboundPolicyMode,
  SidecarMode,
  TargetNamingMode,
} from './mesh-options.js'

/** Who this workload says it is. What is undefined was given neither in code nor in the environment. */
export interface WorkloadSettings {
  readonly service: string | undefined
  readonly namespace: string | undefined
  readonly version: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly servicePort: number | undefined
  readonly locality: LocalityOption | undefined
  readonly instanceIp: string | undefined
  /** Undefined outside Kubernetes. What the others say counts over it. */
  readonly pod: Pod | undefined
}

/** Where a mesh takes its configuration from. */
export type ConfigurationOrigin =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'bootstrap-file'; readonly path: string }
  | { readonly kind: 'bootstrap-text'; readonly text: string; readonly variable: string }
  | { readonly kind: 'bootstrap-object'; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: 'control-plane'; readonly address: string }

/** Options, environment and defaults taken together and checked. */
export interface MeshSettings {
  readonly mode: MeshMode
  readonly workload: WorkloadSettings
  /** Undefined only when the mode is `off`. */
  readonly origin: ConfigurationOrigin | undefined
  /** Undefined where nobody is kept in a zone. */
  readonly localCluster: string | undefined
  readonly xdsProtocol: XdsProtocol
  readonly deletedResources: DeletionPolicy
  readonly trusted: TrustedNetworks
  readonly outbound: OutboundPolicy
  readonly outboundPolicy: OutboundPolicyMode
  readonly sidecar: SidecarMode
  readonly localReply: LocalReplyMode
  /** Undefined where the node is to say. */
  readonly targetNaming: TargetNamingMode | undefined
  /** Undefined where the node is to say. */
  readonly meshHosts: readonly string[] | undefined
  readonly unknownHostTimeoutMs: number
  readonly discoveryTimeoutMs: number
  readonly readinessPort: number | undefined
  readonly inboundListener: InboundListenerMode
  readonly drainDelayMs: number
  /** Empty where signals are the application's affair. */
  readonly handleSignals: readonly NodeJS.Signals[]
  readonly tracing: boolean
  readonly propagation: TracePropagation
  readonly balancingPolicies: BalancingPolicies
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
}
