import type { CallCredentialsConfig } from './call-credentials.js'
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
  /** What goes with every call; none over an insecure connection. */
  readonly callCredentials: readonly CallCredentialsConfig[]
  /** The strings of `server_features`; entries of other JSON types are dropped. */
  readonly features: readonly string[]
}

/** One entry of `certificate_providers`. The fields of a known plug-in were checked. */
export interface CertificateProviderConfig {
  /** `plugin_name`, such as `file_watcher`. */
  readonly pluginName: string
  /** `config` as written. */
  readonly config: JsonObject
}

/** One entry of `authorities`: whoever says what resources of the names `xdstp://NAME/...` are (gRFC A47). */
export interface AuthorityConfig {
  /** Template of the listener for a target `xds://NAME/...`; begins with `xdstp://NAME/`. */
  readonly clientListenerResourceNameTemplate: string
  /** Its management servers in order of preference. Without any of its own, those of the bootstrap. */
  readonly servers: readonly ServerConfig[]
  /**
   * Whether the next server is asked as soon as one cannot be reached, instead of only when something is missing as well (gRFC A95).
   * Default false.
   */
  readonly fallbackOnReachabilityOnly: boolean
}

/** What a gRPC xDS bootstrap says (gRFC A27 and its successors). Frozen throughout. */
export interface Bootstrap {
  /** Management servers in order of preference, at least one. */
  readonly servers: readonly ServerConfig[]
  /** How this workload presents itself. */
  readonly node: NodeIdentity
  /** Certificate providers by instance name. */
  readonly certificateProviders: Readonly<Record<string, CertificateProviderConfig>>
  /** `authorities` (gRFC A47) by name. */
  readonly authorities: Readonly<Record<string, AuthorityConfig>>
  /** Template of the names of server listeners; `%s` is the address listened on. Undefined when absent: no default exists. */
  readonly serverListenerResourceNameTemplate: string | undefined
  /** Template of the names of client listeners; `%s` is the target. Default `%s`. */
  readonly clientDefaultListenerResourceNameTemplate: string
}
