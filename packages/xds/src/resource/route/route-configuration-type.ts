import type { RouteConfiguration } from '@inmesh/core'
import { RouteConfiguration as RouteConfigurationMessage, TypeUrl } from '@inmesh/xds-proto'
import { decodeResource, type ResourceReader } from '../decode-resource.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateFilterOverrides } from '../filter/filter-overrides.js'
import type { ResourceType } from '../resource-type.js'
import { ClusterSpecifierPlugins } from './cluster-specifier-plugins.js'
import { translateHeaderLevel } from './header-operations.js'
import { translateMirrors } from './mirror-policy.js'
import { type RouteConfigurationTerms, translateVirtualHost } from './virtual-host.js'

const FIELDS = new FieldTreatments<RouteConfigurationMessage>({
  name: CARRIED,
  virtualHosts: CARRIED,
  clusterSpecifierPlugins: CARRIED,
  ignorePortInHostMatching: CARRIED,
  typedPerFilterConfig: CARRIED,
  vhds: leftOut('virtual hosts are not discovered on demand; those in the resource apply'),
  vhostHeader: refusedForHttp('virtual hosts are not chosen by a header'),
  internalOnlyHeaders: leftOut('headers of external callers are not removed by routes'),
  requestHeadersToAdd: CARRIED,
  requestHeadersToRemove: CARRIED,
  responseHeadersToAdd: CARRIED,
  responseHeadersToRemove: CARRIED,
  ignorePathParametersInPathMatching: refusedForHttp('path parameters are part of the path in every match'),
  requestMirrorPolicies: CARRIED,
  mostSpecificHeaderMutationsWins: CARRIED,
  // Whether clusters exist is asked when calls come, and answered per route (gRFC A74).
  validateClusters: MOOT,
  maxDirectResponseBodySizeBytes: MOOT,
  metadata: leftOut('metadata of routes is not used yet'),
})

/**
 * Translates a route table. Every virtual host is checked, not only those that calls have asked for.
 *
 * @param scope - Where the table stands: a resource of its own, or inline in a listener.
 * @param table - The table.
 */
export function translateRouteConfiguration(scope: FieldScope, table: RouteConfigurationMessage): RouteConfiguration {
  const refusals = ViewReasons.refusals()
  FIELDS.apply(scope, table, refusals)
  const headers = translateHeaderLevel(scope, table, refusals)
  const filterOverrides = translateFilterOverrides(scope, table.typedPerFilterConfig, refusals)
  const mirrors = translateMirrors(scope, table.requestMirrorPolicies, refusals)
  const terms: RouteConfigurationTerms = {
    mirrors,
    refused: refusals.toRefusals(),
    plugins: new ClusterSpecifierPlugins(scope, table.clusterSpecifierPlugins),
    domains: new Set(),
  }
  const virtualHosts = table.virtualHosts.map((host, index) =>
    translateVirtualHost(scope.at('virtual_hosts', index), host, terms),
  )
  return {
    name: table.name,
    virtualHosts,
    ...headers,
    ...(filterOverrides.size > 0 && { filterOverrides }),
    ...(table.mostSpecificHeaderMutationsWins && { mostSpecificHeaderChangesWin: true }),
    ignorePortInHostMatching: table.ignorePortInHostMatching,
  }
}

const READER: ResourceReader<RouteConfigurationMessage, RouteConfiguration> = {
  codec: RouteConfigurationMessage,
  nameField: 'name',
  nameOf: (table) => table.name,
  translate: translateRouteConfiguration,
}

/** Route configurations (RDS). */
export const routeConfigurationType: ResourceType<RouteConfiguration> = {
  typeUrl: TypeUrl.RouteConfiguration,
  shortName: 'RDS',
  fullState: false,
  decode: (bytes, _previous, origin) => decodeResource(READER, bytes, origin),
}
