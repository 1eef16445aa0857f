import type { RouteConfiguration } from '@inmesh/core'
import { refusedViews } from './rule-table.js'

/** What became of the first route of the first virtual host, in the words of the rule tables. */
export function routeOutcome({ virtualHosts }: RouteConfiguration, listed: boolean): string {
  if (virtualHosts.length === 0) return 'empty'
  const first = virtualHosts[0]!.routes[0]
  if (first === undefined) return 'left out'
  const fails = first.action.kind === 'unsupported' ? ['fails'] : refusedViews(first.refused)
  const outcome = [...fails, ...(first.skipped.grpc === undefined ? [] : ['gRPC skipped'])]
  return outcome.join(', ') || (listed ? 'listed' : 'carried')
}
