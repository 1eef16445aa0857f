/**
 * A small control plane: serves a directory of Istio-kind YAML and raw xDS over ADS, and registers the workloads that connect to it.
 *
 * @packageDocumentation
 */

export * from './control-plane.js'
export * from './control-plane-event.js'
export * from './control-plane-status.js'
