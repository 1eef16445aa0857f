export type { AgentDispatcher } from './agent/agent-dispatcher.js'
export {
  checkAgentOptions,
  type MeshAgentOptions,
  type MeshClientRequestOptions,
  type MeshHttpsAgentOptions,
} from './agent/agent-options.js'
export { agentOutcome } from './agent/agent-outcome.js'
export { type AgentReplacement, captureAgents } from './agent/global-agents.js'
export { MeshHttpAgent } from './agent/mesh-http-agent.js'
export { MeshHttpsAgent } from './agent/mesh-https-agent.js'
export {
  CallObserver,
  type CallObserverOptions,
  type ObservedCall,
  type ObservedRequest,
} from './client/call-observer.js'
export type { MeshCallOptions, MeshDispatchOptions } from './client/call-options.js'
export type { AttemptOutcome, CallOutcome } from './client/call-outcome.js'
export { CallProgress, CallRecords, type FollowedCall } from './client/call-progress.js'
export { FrontDispatcher } from './client/front-dispatcher.js'
export { installGlobalDispatcher, type StandInDispatcher } from './client/global-dispatcher.js'
export { HttpCarrier } from './client/http-carrier.js'
export { MeshDispatcher, type MeshDispatcherOptions } from './client/mesh-dispatcher.js'
export { createFetch, type FollowingDispatcher, type MeshFetch, type MeshRequestInit } from './client/mesh-fetch.js'
export type { MirrorStatistics } from './client/mirror-traffic.js'
export { ObservingDispatcher } from './client/observing-dispatcher.js'
export { OutboundPolicy, type OutboundPolicyOptions } from './client/outbound-policy.js'
export type { AuthorityCertificates } from './client/tls/trust.js'
export { SocketProber } from './health-check/socket-prober.js'
export { CapturedServer, type CapturedServerOptions, type Proceed, type ProceedWith } from './server/captured-server.js'
export { ContextView } from './server/context-view.js'
export { Exemptions } from './server/exemptions.js'
export { captureServers, type ServerCapture } from './server/global-servers.js'
export { InFlightRequests } from './server/in-flight-requests.js'
export { Inbound, type InboundOptions } from './server/inbound.js'
export { InboundAdapter, type InboundAdapterParts } from './server/inbound-adapter.js'
export { InboundGate } from './server/inbound-gate.js'
export { type ListenOptions, listen } from './server/listen.js'
export { type MeshIncomingMessage, type MeshPeer, MeshRequest, type TagValue } from './server/mesh-request.js'
export {
  DEFAULT_DRAIN_TIMEOUT_MS,
  MeshServer,
  type MeshServerOptions,
  type ServerHandler,
} from './server/mesh-server.js'
export type { DrainOptions, ObservedServer, ServerObserver } from './server/observed-server.js'
export { type ObservedAdmission, ObservingGate } from './server/observing-gate.js'
export type { GatePlane, Passenger } from './server/passenger.js'
export { LOOPBACK_NETWORKS, TrustedNetworks } from './server/trusted-networks.js'
export { MeshSocket } from './tcp/mesh-socket.js'
export { MeshTcp, type MeshTcpOptions } from './tcp/mesh-tcp.js'
export type { TcpConnectOptions } from './tcp/tcp-options.js'
export type { TcpMesh } from './tcp/tcp-scope.js'
