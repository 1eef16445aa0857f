import { type FilterChain, HttpConnectionManager, type NetworkFilter } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from '../field/field-treatments.js'
import { decodeConfig, type TypedConfig, typedConfigOf } from '../field/typed-config.js'
import { ViewReasons } from '../field/view-reasons.js'
import { isHarmlessNetworkFilter } from '../filter/filter-kind.js'
import { translateChainMatch } from './filter-chain-match.js'
import { translateHttpConnectionManager } from './http-connection-manager.js'
import type { ServerChain, ServerChainUse } from './listener-resource.js'

const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'
const RAW_BUFFER = 'envoy.transport_sockets.raw_buffer'
const CLOSED = 'connections that come here are closed'
const TLS = 'TLS is not served yet'

const FIELDS = new FieldTreatments<FilterChain>({
  name: CARRIED,
  filterChainMatch: CARRIED,
  filters: CARRIED,
  transportSocket: CARRIED,
  useProxyProto: refusedForHttp('the PROXY protocol is not read'),
  onDemandConfiguration: MOOT,
  transportSocketConnectTimeout: MOOT,
  metadata: leftOut('metadata of chains is not used yet'),
})

/**
 * Translates one chain of filters of a server's listener. What of it cannot be carried out closes its connections: a chain that is left out would
 * leave them to one that asks for less.
 *
 * @param scope - Where the chain stands.
 * @param listener - Name of the listener.
 * @param chain - The chain.
 */
export function translateServerChain(scope: FieldScope, listener: string, chain: FilterChain): ServerChain {
  const match = translateChainMatch(scope.at('filter_chain_match'), chain.filterChainMatch)
  return { name: chain.name, match, use: translateUse(scope, listener, chain, match.transport) }
}

function translateUse(scope: FieldScope, listener: string, chain: FilterChain, transport: string): ServerChainUse {
  const reasons = ViewReasons.connections()
  FIELDS.apply(scope, chain, reasons)
  if (chain.transportSocket !== undefined && chain.transportSocket.name !== RAW_BUFFER) {
    return closed(scope.at('transport_socket'), TLS)
  }
  if (transport !== '' && transport !== 'raw_buffer') {
    return closed(scope.at('filter_chain_match').at('transport_protocol'), 'only plaintext is served yet')
  }
  const use = translateFilters(scope, listener, chain.filters)
  const { http: reason } = reasons.toRefusals()
  return reason === undefined ? use : { kind: 'closed', reason }
}

function translateFilters(scope: FieldScope, listener: string, filters: readonly NetworkFilter[]): ServerChainUse {
  let use: ServerChainUse | undefined
  for (const [index, filter] of filters.entries()) {
    const place = scope.at('filters', index)
    if (filter.name === '') place.at('name').malformed('the name is missing')
    const config = configOf(place, filter)
    if (config === undefined) continue
    const found = translateFilter(place.at('typed_config'), listener, config)
    if (found === undefined) continue
    // Envoy and gRPC: what ends a chain stands at its end.
    if (found.kind !== 'closed' && index < filters.length - 1) place.malformed('must be the last filter of its chain')
    // A filter that is not known may be there to keep connections out, whatever follows.
    if (use?.kind !== 'closed') use = found
  }
  return use ?? closed(scope.at('filters'), 'no filter carries HTTP or TCP')
}

function configOf(scope: FieldScope, { configType }: NetworkFilter): TypedConfig | undefined {
  if (configType?.$case === 'typedConfig') return typedConfigOf(scope.at('typed_config'), configType.value)
  if (configType?.$case === 'configDiscovery') return { typeName: '', bytes: undefined }
  scope.malformed('the filter has no configuration')
  return undefined
}

/** Undefined for a filter that connections do the right thing without. */
function translateFilter(scope: FieldScope, listener: string, config: TypedConfig): ServerChainUse | undefined {
  if (isHarmlessNetworkFilter(config.typeName)) return undefined
  if (config.typeName === TCP_PROXY) return { kind: 'plain' }
  if (config.typeName !== HttpConnectionManager.$type) {
    return closed(scope, `network filters of type ${config.typeName || '(none)'} are not supported`)
  }
  const manager = decodeConfig(scope, HttpConnectionManager, config)
  if (manager === undefined) return undefined
  const { listener: http, routes, refused } = translateHttpConnectionManager(scope, listener, manager)
  return { kind: 'http', listener: http, routes, refused }
}

function closed(scope: FieldScope, reason: string): ServerChainUse {
  scope.unsupported(`${reason}; ${CLOSED}`)
  return { kind: 'closed', reason }
}
