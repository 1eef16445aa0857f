import type { ChannelCredentialsConfig } from './channel-credentials.js'
import type { JsonObject } from './json.js'

/** Where a workload runs. Empty parts are unknown. */
export interface NodeLocality {
  /** Region, such as `europe-west1`. */
  readonly region: string
  /** Zone in the region. */
  readonly zone: string
  /** Part of the zone, such as a rack. */
  readonly subZone: string
}

/** How this workload presents itself to the control plane. */
export interface NodeIdentity {
  /** Node id; istiod asks for `type~ip~name~domain`. */
  readonly id: string
  /** Name of the service cluster, may be empty. */
  readonly cluster: string
  /** Where the workload runs; undefined when it is not known. */
  readonly locality: NodeLocality | undefined
  /** Free metadata, any JSON. */
  readonly metadata: JsonObject
}

/** One management server. */
export interface ServerConfig {
  /** `server_uri` as written. */
  readonly uri: string
  /** The same as a target that grpc-js resolves. */
  readonly target: string
  /** How the connection is secured. */
  readonly credentials: ChannelCredentialsConfig
  /** The strings of `server_features`; entries of other JSON types are dropped. */
  readonly features: readonly string[]
}

/** One entry of `certificate_providers`, not interpreted. */
export interface CertificateProviderConfig {
  /** `plugin_name`, such as `file_watcher`. */
  readonly pluginName: string
  /** `config` as written. */
  readonly config: JsonObject
}

/** What a gRPC xDS bootstrap says (gRFC A27 and its successors). Frozen throughout. */
export interface Bootstrap {
  /** Management servers in order of preference, at least one. */
  readonly servers: readonly ServerConfig[]
  /** How this workload presents itself. */
  readonly node: NodeIdentity
  /** Certificate providers by instance name. */
  readonly certificateProviders: Readonly<Record<string, CertificateProviderConfig>>
  /** `authorities` (gRFC A47) by name, as written. */
  readonly authorities: Readonly<Record<string, JsonObject>>
  /** Template of the names of server listeners; `%s` is the address listened on. Undefined when absent: no default exists. */
  readonly serverListenerResourceNameTemplate: string | undefined
  /** Template of the names of client listeners; `%s` is the target. Default `%s`. */
  readonly clientDefaultListenerResourceNameTemplate: string
}
