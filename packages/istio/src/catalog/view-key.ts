import { localityText } from '../model/locality.js'
import type { MeshConfig } from '../model/mesh-config.js'
import type { NodeView } from '../registry/node-view.js'

/**
 * Tells which callers see the same. Labels and localities differ from workload to workload; they count only where the configuration looks
 * at them, so that most callers share their resources.
 *
 * @param config - The configuration in use.
 * @returns a function that gives callers who see the same the same key.
 */
export function viewKeys(config: MeshConfig): (node: NodeView) => string {
  const labelNames = sourceLabelNames(config)
  const byLocality = config.destinationRules.some((rule) =>
    [rule.trafficPolicy, ...rule.subsets.map((subset) => subset.trafficPolicy)].some((policy) =>
      [policy, ...(policy?.ports.values() ?? [])].some((settings) => settings?.outlierDetection !== undefined),
    ),
  )
  return (node) =>
    JSON.stringify([
      node.namespace,
      byLocality ? localityText(node.locality) : '',
      labelNames.map((name) => node.labels[name] ?? null),
    ])
}

function sourceLabelNames(config: MeshConfig): readonly string[] {
  const names = new Set<string>()
  for (const service of config.virtualServices) {
    for (const route of service.http) {
      for (const match of route.matches) for (const name of Object.keys(match.sourceLabels)) names.add(name)
    }
  }
  return [...names].sort()
}
