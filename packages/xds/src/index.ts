export {
  AdsClient,
  type AdsClientOptions,
  type AdsConnection,
  type ServerObserver,
  type XdsProtocol,
} from './ads/ads-client.js'
export type { AdsStreamState } from './ads/ads-stream.js'
export type { DeletionPolicy } from './ads/data-error-policy.js'
export { AuthorityRouter, type AuthorityRouterOptions } from './authority/authority-router.js'
export type {
  AuthorityConfig,
  Bootstrap,
  CertificateProviderConfig,
  NodeIdentity,
  NodeLocality,
  ServerConfig,
} from './bootstrap/bootstrap.js'
export type { CallCredentialsConfig, JwtTokenFileCredentials } from './bootstrap/call-credentials.js'
export type { CertificateFiles } from './bootstrap/certificate-files.js'
export type {
  ChannelCredentialsConfig,
  InsecureChannelCredentials,
  TlsChannelCredentials,
} from './bootstrap/channel-credentials.js'
export type { JsonObject, JsonValue } from './bootstrap/json.js'
export type { BootstrapOrigin } from './bootstrap/json-field.js'
export { loadBootstrap, loadBootstrapFile } from './bootstrap/load-bootstrap.js'
export { parseBootstrap, parseBootstrapText } from './bootstrap/parse-bootstrap.js'
export { ControlChannel, type ControlChannelOptions } from './channel/control-channel.js'
export type { ControlStream, StreamEnd, StreamListener, StreamOpener } from './channel/control-stream.js'
export type * from './dns/dns-resolver.js'
export { type SystemDnsParts, SystemDnsResolver } from './dns/system-dns-resolver.js'
export type * from './resource/cluster/cluster-resource.js'
export { clusterType, clusterTypeWith } from './resource/cluster/cluster-type.js'
export { endpointAssignmentType } from './resource/endpoint/endpoint-assignment-type.js'
export type { EndpointResource, KnownEndpoints } from './resource/endpoint/endpoint-resource.js'
export type { KnownMetadata } from './resource/endpoint/metadata-reader.js'
export type { EndpointPlaces } from './resource/endpoint/unchanged-endpoints.js'
export type * from './resource/listener/listener-resource.js'
export { listenerType } from './resource/listener/listener-type.js'
export type {
  AbsenceHint,
  ResourceProvider,
  ResourceSetWatcher,
  ResourceWatcher,
} from './resource/resource-provider.js'
export type * from './resource/resource-type.js'
export { routeConfigurationType } from './resource/route/route-configuration-type.js'
export { type LocalResource, LocalSource } from './source/local-source.js'
export type { ResourceFault, ResourceRecord, ResourceStatus } from './source/resource-record.js'
export type { ClientStatus } from './status/client-status.js'
export { type ClientStatusService, clientStatusService } from './status/client-status-service.js'
export { DependencyTree, type DependencyTreeOptions } from './tree/dependency-tree.js'
export { InboundTree } from './tree/inbound-tree.js'
export type { KubernetesDomain } from './tree/kubernetes-names.js'
export type { LiveUnsupported } from './tree/live-unsupported.js'
export { hostsLike, type MeshHosts, MeshHostsOnly, serviceHosts } from './tree/mesh-hosts.js'
export { serverListenerName } from './tree/server-naming.js'
export { ListenerPerServer, type ServerStrategy, VirtualInbound } from './tree/server-strategy.js'
export { SidecarStrategy } from './tree/sidecar-strategy.js'
export { type TargetNaming, templateNaming } from './tree/target-naming.js'
export { ListenerPerTarget, type TargetStrategy } from './tree/target-strategy.js'
