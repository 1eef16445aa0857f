import { LOG_LEVELS } from '../log/stderr-logger.js'
import type { MeshOptions } from './mesh-options.js'
import * as check from './option-checks.js'
import { asWritten, list, locality, number, pairs, truth, truthOrList } from './option-text.js'

/** How one option is written in the environment and what it may be. */
export interface OptionRow<T> {
  /** The environment variable. */
  readonly variable: `INMESH_${string}`
  /** Turns the variable's text into what code would give. */
  readonly read: (text: string) => unknown
  /** Gives the value back or throws a `Complaint`; for code and environment alike. */
  readonly check: (value: unknown) => T
}

/** Options that are objects with behaviour and so cannot stand in the environment. */
export type CodeOption = 'balancingPolicies' | 'logger' | 'clock' | 'random'

/** Options that both code and environment can give. */
export type TableOption = Exclude<keyof MeshOptions, CodeOption>

/** Every option with its environment variable. */
export const OPTION_TABLE: { readonly [Name in TableOption]-?: OptionRow<NonNullable<MeshOptions[Name]>> } = {
  mode: { variable: 'INMESH_MODE', read: asWritten, check: check.oneOf(['on', 'off']) },
  service: { variable: 'INMESH_SERVICE', read: asWritten, check: check.dnsLabel },
  namespace: { variable: 'INMESH_NAMESPACE', read: asWritten, check: check.dnsLabel },
  version: { variable: 'INMESH_VERSION', read: asWritten, check: check.text },
  labels: { variable: 'INMESH_LABELS', read: pairs, check: check.labels },
  servicePort: { variable: 'INMESH_SERVICE_PORT', read: number, check: check.port },
  locality: { variable: 'INMESH_LOCALITY', read: locality, check: check.locality },
  localCluster: { variable: 'INMESH_LOCAL_CLUSTER', read: asWritten, check: check.text },
  instanceIp: { variable: 'INMESH_INSTANCE_IP', read: asWritten, check: check.ipAddress },
  config: { variable: 'INMESH_CONFIG', read: asWritten, check: check.text },
  controlPlane: { variable: 'INMESH_CONTROL_PLANE', read: asWritten, check: check.hostAndPort },
  bootstrap: { variable: 'INMESH_BOOTSTRAP', read: asWritten, check: check.bootstrap },
  xdsProtocol: { variable: 'INMESH_XDS_PROTOCOL', read: asWritten, check: check.oneOf(['sotw', 'delta']) },
  deletedResources: { variable: 'INMESH_DELETED_RESOURCES', read: asWritten, check: check.oneOf(['keep', 'drop']) },
  trustedNetworks: { variable: 'INMESH_TRUSTED_NETWORKS', read: list, check: check.strings },
  localReply: { variable: 'INMESH_LOCAL_REPLY', read: asWritten, check: check.oneOf(['response', 'throw']) },
  targetNaming: { variable: 'INMESH_TARGET_NAMING', read: asWritten, check: check.oneOf(['grpc', 'sidecar']) },
  meshHosts: { variable: 'INMESH_MESH_HOSTS', read: list, check: check.strings },
  bypass: { variable: 'INMESH_BYPASS', read: list, check: check.strings },
  outboundPolicy: {
    variable: 'INMESH_OUTBOUND_POLICY',
    read: asWritten,
    check: check.oneOf(['allow-any', 'registry-only']),
  },
  outboundHosts: { variable: 'INMESH_OUTBOUND_HOSTS', read: list, check: check.strings },
  unknownHostTimeoutMs: { variable: 'INMESH_UNKNOWN_HOST_TIMEOUT_MS', read: number, check: check.milliseconds },
  discoveryTimeoutMs: { variable: 'INMESH_DISCOVERY_TIMEOUT_MS', read: number, check: check.milliseconds },
  inboundListener: {
    variable: 'INMESH_INBOUND_LISTENER',
    read: asWritten,
    check: check.oneOf(['optional', 'required']),
  },
  readinessPort: { variable: 'INMESH_READINESS_PORT', read: number, check: check.port },
  drainDelayMs: { variable: 'INMESH_DRAIN_DELAY_MS', read: number, check: check.delay },
  handleSignals: { variable: 'INMESH_HANDLE_SIGNALS', read: truthOrList, check: check.signals },
  tracing: { variable: 'INMESH_TRACING', read: truth, check: check.flag },
  propagation: { variable: 'INMESH_PROPAGATION', read: list, check: check.traceFormats },
  logLevel: { variable: 'INMESH_LOG_LEVEL', read: asWritten, check: check.oneOf(LOG_LEVELS) },
}

/** Options that only code can give. */
export const CODE_OPTIONS: readonly CodeOption[] = Object.freeze(['balancingPolicies', 'logger', 'clock', 'random'])
