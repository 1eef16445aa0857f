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
  /** How the variable is written, for the page of options. */
  readonly written: string
  /** What counts where nobody says anything, for the same page. */
  readonly byDefault: string
}

/** Options that are objects with behaviour and so cannot stand in the environment. */
export type CodeOption = 'balancingPolicies' | 'logger' | 'clock' | 'random'

/** Options that both code and environment can give. */
export type TableOption = Exclude<keyof MeshOptions, CodeOption>

/** Every option with its environment variable. */
export const OPTION_TABLE: { readonly [Name in TableOption]-?: OptionRow<NonNullable<MeshOptions[Name]>> } = {
  mode: {
    variable: 'INMESH_MODE',
    read: asWritten,
    check: check.oneOf(['on', 'observe', 'off']),
    written: '`on`, `observe` or `off`',
    byDefault: '`on`',
  },
  service: {
    variable: 'INMESH_SERVICE',
    read: asWritten,
    check: check.dnsLabel,
    written: 'DNS label',
    byDefault: 'none: the workload only calls',
  },
  namespace: {
    variable: 'INMESH_NAMESPACE',
    read: asWritten,
    check: check.dnsLabel,
    written: 'DNS label',
    byDefault: 'that of the pod, else `default`',
  },
  version: {
    variable: 'INMESH_VERSION',
    read: asWritten,
    check: check.text,
    written: 'text',
    byDefault: 'none',
  },
  labels: {
    variable: 'INMESH_LABELS',
    read: pairs,
    check: check.labels,
    written: '`key=value,key=value`',
    byDefault: 'those of the pod',
  },
  servicePort: {
    variable: 'INMESH_SERVICE_PORT',
    read: number,
    check: check.port,
    written: 'port',
    byDefault: 'none',
  },
  locality: {
    variable: 'INMESH_LOCALITY',
    read: locality,
    check: check.locality,
    written: '`region/zone/subZone`',
    byDefault: 'that of the pod or the bootstrap',
  },
  localCluster: {
    variable: 'INMESH_LOCAL_CLUSTER',
    read: asWritten,
    check: check.text,
    written: 'name of a cluster',
    byDefault: 'none',
  },
  instanceIp: {
    variable: 'INMESH_INSTANCE_IP',
    read: asWritten,
    check: check.ipAddress,
    written: 'IP address',
    byDefault: 'that of the pod, else loopback or the first of the machine',
  },
  config: {
    variable: 'INMESH_CONFIG',
    read: asWritten,
    check: check.text,
    written: 'path of a directory',
    byDefault: 'none',
  },
  controlPlane: {
    variable: 'INMESH_CONTROL_PLANE',
    read: asWritten,
    check: check.hostAndPort,
    written: '`host:port`',
    byDefault: 'in a pod istiod, else none',
  },
  bootstrap: {
    variable: 'INMESH_BOOTSTRAP',
    read: asWritten,
    check: check.bootstrap,
    written: 'path of a file',
    byDefault: '`GRPC_XDS_BOOTSTRAP` or `GRPC_XDS_BOOTSTRAP_CONFIG`',
  },
  labelsFile: {
    variable: 'INMESH_LABELS_FILE',
    read: asWritten,
    check: check.text,
    written: 'path of a file',
    byDefault: '`/etc/istio/pod/labels`',
  },
  sidecar: {
    variable: 'INMESH_SIDECAR',
    read: asWritten,
    check: check.oneOf(['detect', 'present', 'absent']),
    written: '`detect`, `present` or `absent`',
    byDefault: '`detect`',
  },
  xdsProtocol: {
    variable: 'INMESH_XDS_PROTOCOL',
    read: asWritten,
    check: check.oneOf(['sotw', 'delta']),
    written: '`sotw` or `delta`',
    byDefault: '`sotw`',
  },
  deletedResources: {
    variable: 'INMESH_DELETED_RESOURCES',
    read: asWritten,
    check: check.oneOf(['keep', 'drop']),
    written: '`keep` or `drop`',
    byDefault: '`keep`',
  },
  trustedNetworks: {
    variable: 'INMESH_TRUSTED_NETWORKS',
    read: list,
    check: check.strings,
    written: 'addresses and CIDR blocks, with commas',
    byDefault: 'loopback',
  },
  localReply: {
    variable: 'INMESH_LOCAL_REPLY',
    read: asWritten,
    check: check.oneOf(['response', 'throw']),
    written: '`response` or `throw`',
    byDefault: '`response`',
  },
  targetNaming: {
    variable: 'INMESH_TARGET_NAMING',
    read: asWritten,
    check: check.oneOf(['grpc', 'sidecar']),
    written: '`grpc` or `sidecar`',
    byDefault: 'what the bootstrap says',
  },
  meshHosts: {
    variable: 'INMESH_MESH_HOSTS',
    read: list,
    check: check.strings,
    written: 'hosts and `*.suffix`, with commas',
    byDefault: 'names of services, or every host',
  },
  bypass: {
    variable: 'INMESH_BYPASS',
    read: list,
    check: check.strings,
    written: 'hosts and `*.suffix`, with commas',
    byDefault: 'none',
  },
  outboundPolicy: {
    variable: 'INMESH_OUTBOUND_POLICY',
    read: asWritten,
    check: check.oneOf(['allow-any', 'registry-only']),
    written: '`allow-any` or `registry-only`',
    byDefault: '`allow-any`',
  },
  outboundHosts: {
    variable: 'INMESH_OUTBOUND_HOSTS',
    read: list,
    check: check.strings,
    written: 'hosts and `*.suffix`, with commas',
    byDefault: 'none',
  },
  unknownHostTimeoutMs: {
    variable: 'INMESH_UNKNOWN_HOST_TIMEOUT_MS',
    read: number,
    check: check.milliseconds,
    written: 'milliseconds',
    byDefault: '1000',
  },
  discoveryTimeoutMs: {
    variable: 'INMESH_DISCOVERY_TIMEOUT_MS',
    read: number,
    check: check.milliseconds,
    written: 'milliseconds',
    byDefault: '5000',
  },
  inboundListener: {
    variable: 'INMESH_INBOUND_LISTENER',
    read: asWritten,
    check: check.oneOf(['optional', 'required']),
    written: '`optional` or `required`',
    byDefault: '`optional`',
  },
  readinessPort: {
    variable: 'INMESH_READINESS_PORT',
    read: number,
    check: check.port,
    written: 'port',
    byDefault: 'none',
  },
  drainDelayMs: {
    variable: 'INMESH_DRAIN_DELAY_MS',
    read: number,
    check: check.delay,
    written: 'milliseconds',
    byDefault: '500 with a `service`, else 0',
  },
  handleSignals: {
    variable: 'INMESH_HANDLE_SIGNALS',
    read: truthOrList,
    check: check.signals,
    written: '`true`, `false`, or names of signals with commas',
    byDefault: '`false`',
  },
  tracing: {
    variable: 'INMESH_TRACING',
    read: truth,
    check: check.flag,
    written: '`true` or `false`',
    byDefault: '`true`',
  },
  propagation: {
    variable: 'INMESH_PROPAGATION',
    read: list,
    check: check.traceFormats,
    written: 'formats of traces, with commas',
    byDefault: '`OTEL_PROPAGATORS`, else `tracecontext,baggage`',
  },
  logLevel: {
    variable: 'INMESH_LOG_LEVEL',
    read: asWritten,
    check: check.oneOf(LOG_LEVELS),
    written: '`silent`, `error`, `warn`, `info` or `debug`',
    byDefault: '`warn`',
  },
}

/** Options that only code can give. */
export const CODE_OPTIONS: readonly CodeOption[] = Object.freeze(['balancingPolicies', 'logger', 'clock', 'random'])
