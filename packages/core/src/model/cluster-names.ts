import type { RouteConfiguration } from './route.js'

/**
 * @param routes - A route configuration.
 * @returns every cluster that its routes name, those of mirrors included.
 */
export function clusterNames({ virtualHosts }: RouteConfiguration): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { routes } of virtualHosts) {
    for (const { action } of routes) {
      if (action.kind !== 'forward') continue
      for (const { name } of action.clusters) names.add(name)
      for (const { cluster } of action.mirrors ?? []) names.add(cluster)
    }
  }
  // Stands where a request names the cluster.
  names.delete('')
  return names
}
