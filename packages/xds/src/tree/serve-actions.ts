import type { RouteConfiguration } from '@inmesh/core'
import type { Unsupported } from '../resource/resource-type.js'

/**
 * Lists the routes of a client that are for servers: a table is read alike for both, and only who uses it knows what it cannot do.
 *
 * @param routes - The table.
 * @param place - Where the table stands in its resource, with a dot at the end; empty for a resource of its own.
 */
export function listServeActions({ virtualHosts }: RouteConfiguration, place = ''): readonly Unsupported[] {
  return virtualHosts.flatMap(({ routes }, host) =>
    routes.flatMap(({ action }, route) => {
      if (action.kind !== 'serve') return []
      const field = `${place}virtual_hosts[${host}].routes[${route}].non_forwarding_action`
      return { field, reason: 'the route is for servers; calls that come here fail' }
    }),
  )
}
