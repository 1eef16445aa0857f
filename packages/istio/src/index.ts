/**
 * Reads a directory of Istio-kind YAML and raw xDS files, joins it with running workloads and translates it to xDS resources.
 *
 * @packageDocumentation
 */

export type { NamedResource } from './catalog/named-resource.js'
export type { NodeResources } from './catalog/node-resources.js'
export * from './catalog/resource-catalog.js'
export type { MeshChange } from './directory/mesh-change.js'
export * from './directory/mesh-directory.js'
export type { DeclaredResource, MeshConfig } from './model/mesh-config.js'
export * from './read/mesh-config-reader.js'
export type { ConfigWarning } from './read/problems.js'
export type { SourceFile } from './read/source-file.js'
export type { NodeView } from './registry/node-view.js'
export type { RegisteredService, RegisteredWorkload, Registrations } from './registry/registered-workload.js'
export { registeredHost } from './registry/service-registry.js'
export { inboundListenAddress, inboundListenerTemplate, type ListenAddress } from './translate/resource-name.js'
