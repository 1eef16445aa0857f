/**
 * A service mesh that runs inside a Node process: `createMesh()` makes one.
 *
 * @packageDocumentation
 */

export {
  type Balancer,
  type BalancerEnvironment,
  type BalancingPolicy,
  type Clock,
  errorCodes,
  type Logger,
  MeshError,
  type MeshErrorCode,
  type PackageCopy,
  type PickContext,
  type Random,
  type WeightedEndpoint,
} from '@inmesh/core'
export type {
  AttemptOutcome,
  CallOutcome,
  ContextView,
  DrainOptions,
  InboundAdapter,
  ListenOptions,
  MeshAgentOptions,
  MeshCallOptions,
  MeshClientRequestOptions,
  MeshFetch,
  MeshHttpsAgentOptions,
  MeshIncomingMessage,
  MeshPeer,
  MeshRequest,
  MeshRequestInit,
  MeshSocket,
  MeshTcp,
  ServerHandler,
  TagValue,
  TcpConnectOptions,
} from '@inmesh/http'
export { MeshServer } from '@inmesh/http'
export type { ClientStatus, DeletionPolicy, LiveUnsupported, ResourceRecord, XdsProtocol } from '@inmesh/xds'
export type { InstallOptions, InstallServerOptions } from './capture/install-options.js'
export type { FlushHook } from './closing/flush-hooks.js'
export type { CapturedContext } from './context/captured-context.js'
export type { MeshContext } from './context/mesh-context.js'
export { createMesh } from './create-mesh.js'
export type { LogLevel } from './log/stderr-logger.js'
export type { Mesh, TimeoutOptions } from './mesh.js'
export type { Observations, ObservedCalls, ObservedRequests } from './observing/observations.js'
export type {
  InboundListenerMode,
  LocalityOption,
  LocalReplyMode,
  MeshMode,
  MeshOptions,
  OutboundPolicyMode,
  SidecarMode,
  TargetNamingMode,
} from './options/mesh-options.js'
export type { MeshCallOutcome } from './outbound/mesh-call-outcome.js'
export { registeredMesh } from './register/registered-mesh.js'
export type { AdapterOptions } from './server/adapter-options.js'
export type { Readiness } from './server/readiness.js'
export type { FactoryOptions, MeshServerSettings, ServerFactory } from './server/server-factory.js'
export type { BreakerOutcome } from './service/breaker-outcome.js'
export type { BreakerState } from './service/breaker-state.js'
export type { MeshService } from './service/mesh-service.js'
export type { BreakerStatistics, ServiceBreaker, ServiceBreakerEvents } from './service/service-breaker.js'
export type { BreakerFallback, BreakerOptions, FallbackResponse, ServiceOptions } from './service/service-options.js'
export type { ServiceRoute } from './service/service-route.js'
