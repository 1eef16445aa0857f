import type { ServerAddress } from '@inmesh/core'
import type { Listener, ListenerFilter } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from '../field/field-treatments.js'
import { typedConfigOf } from '../field/typed-config.js'
import { ViewReasons } from '../field/view-reasons.js'
import { combinationsOf } from './filter-chain-match.js'
import type { ListenerResource, ServerChain, ServerListener } from './listener-resource.js'
import { translateServerChain } from './server-chain.js'

const ORIGINAL_DESTINATION = 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst'
const HTTP_INSPECTOR = 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector'

/** Listener filters that a process without a proxy has no use for: it is told of connections as they are made. */
const NEEDLESS: ReadonlySet<string> = new Set([
  ORIGINAL_DESTINATION,
  HTTP_INSPECTOR,
  'envoy.extensions.filters.listener.original_src.v3.OriginalSrc',
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
])

/** A socket of the application is not opened by its listener, so whatever speaks of the socket is moot. */
const FIELDS = new FieldTreatments<Listener>({
  name: CARRIED,
  address: CARRIED,
  filterChains: CARRIED,
  defaultFilterChain: CARRIED,
  listenerFilters: CARRIED,
  useOriginalDst: CARRIED,
  trafficDirection: CARRIED,
  apiListener: CARRIED,
  filterChainMatcher: refusedForHttp('matcher trees are not supported'),
  udpListenerConfig: refusedForHttp('UDP is not served'),
  listenerSpecifier: refusedForHttp('internal listeners are not served'),
  additionalAddresses: leftOut('a server has the listener of the address that it is bound to'),
  accessLog: leftOut('access logs are not written by listener configuration yet'),
  metadata: leftOut('metadata of listeners is not used yet'),
  perConnectionBufferLimitBytes: leftOut('what is buffered is for node:http to say'),
  statPrefix: MOOT,
  deprecatedV1: MOOT,
  drainType: MOOT,
  listenerFiltersTimeout: MOOT,
  continueOnListenerFiltersTimeout: MOOT,
  transparent: MOOT,
  freebind: MOOT,
  socketOptions: MOOT,
  tcpFastOpenQueueLength: MOOT,
  tcpKeepalive: MOOT,
  connectionBalanceConfig: MOOT,
  reusePort: MOOT,
  enableReusePort: MOOT,
  tcpBacklogSize: MOOT,
  maxConnectionsToAcceptPerSocketEvent: MOOT,
  bindToPort: MOOT,
  enableMptcp: MOOT,
  ignoreGlobalConnLimit: MOOT,
  bypassOverloadManager: MOOT,
})

/**
 * Translates what a listener says to a server (gRFC A36). It is malformed where Envoy and gRPC both say so; what is not carried out closes the
 * connections concerned.
 *
 * @param scope - The listener.
 * @param listener - The listener.
 */
export function translateServerListener(scope: FieldScope, listener: Listener): Pick<ListenerResource, 'server'> {
  const reasons = ViewReasons.connections()
  FIELDS.apply(scope, listener, reasons)
  const address = addressOf(scope.at('address'), listener)
  const filters = listener.listenerFilters.map((filter, index) =>
    translateListenerFilter(scope.at('listener_filters', index), filter, reasons),
  )
  const translated = listener.filterChains.map((chain, index) =>
    translateServerChain(scope.at('filter_chains', index), listener.name, chain),
  )
  const { defaultFilterChain } = listener
  const last =
    defaultFilterChain &&
    translateServerChain(scope.at('default_filter_chain'), listener.name, {
      ...defaultFilterChain,
      // Envoy does not read it.
      filterChainMatch: undefined,
    })
  if (translated.length === 0 && last === undefined) {
    scope.at('filter_chains').malformed('there is no chain and no default_filter_chain')
  }
  checkDistinct(scope, translated)
  const { http: reason } = reasons.toRefusals()
  const refused = (chain: ServerChain): ServerChain =>
    reason === undefined ? chain : { ...chain, use: { kind: 'closed', reason } }
  const server: ServerListener = {
    address,
    catchesAllPorts: listener.useOriginalDst === true || filters.includes(ORIGINAL_DESTINATION),
    detectsProtocols: filters.includes(HTTP_INSPECTOR),
    chains: translated.map(refused),
    ...(last && { fallback: refused(last) }),
  }
  return { server }
}

/** An address that is none of TCP is no mistake; no server listens there. */
function addressOf(scope: FieldScope, { address, listenerSpecifier }: Listener): ServerAddress {
  const kind = address?.address
  if (kind === undefined && listenerSpecifier === undefined) scope.malformed('the address is missing')
  if (kind?.$case !== 'socketAddress') return { address: '', port: 0 }
  const { portSpecifier } = kind.value
  return { address: kind.value.address, port: portSpecifier?.$case === 'portValue' ? portSpecifier.value : 0 }
}

/** @returns type of the filter's configuration. */
function translateListenerFilter(
  scope: FieldScope,
  { configType }: ListenerFilter,
  reasons: ViewReasons,
): string | undefined {
  const any = configType?.$case === 'typedConfig' ? configType.value : undefined
  const typeName = any && typedConfigOf(scope.at('typed_config'), any)?.typeName
  if (typeName === undefined || !NEEDLESS.has(typeName)) {
    reasons.add(scope, `listener filters of type ${typeName ?? '(none)'} are not supported`, ['http'])
  }
  return typeName
}

function checkDistinct(scope: FieldScope, chains: readonly ServerChain[]): void {
  const seen = new Set<string>()
  for (const [index, { match }] of chains.entries()) {
    const combinations = combinationsOf(match)
    if (combinations.some((combination) => seen.has(combination))) {
      scope.at('filter_chains', index).at('filter_chain_match').malformed('another chain is for the same connections')
    }
    for (const combination of combinations) seen.add(combination)
  }
}
