import { NOTHING_REFUSED } from '@inmesh/core'
import { type FilterChain, HttpConnectionManager, type Listener, typeNameOf } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { decodeBytes } from '../field/typed-config.js'
import { translateHttpConnectionManager } from './http-connection-manager.js'
import type { ListenerResource, OutboundSocket } from './listener-resource.js'

const TCP_ONLY = 'TCP is not carried; connections go where the application makes them'

/**
 * Translates a listener that stands in a proxy beside the application and catches what it sends (Istio's sidecars have one per port). What
 * counts here is which port it stands for and what it does to plaintext HTTP.
 *
 * @param scope - The listener.
 * @param listener - The listener; its direction is outbound.
 */
export function translateOutboundListener(scope: FieldScope, listener: Listener): ListenerResource {
  const outbound = socketOf(listener)
  for (const [index, chain] of listener.filterChains.entries()) {
    const found = translateChain(scope.at('filter_chains', index), listener.name, chain)
    if (found !== undefined) return { ...found, outbound }
  }
  const place = scope.at('default_filter_chain')
  const found = listener.defaultFilterChain && translateChain(place, listener.name, listener.defaultFilterChain)
  if (found !== undefined) return { ...found, outbound }
  scope.at('filter_chains').unsupported(TCP_ONLY)
  return {
    listener: { name: listener.name, filters: [], maxStreamDurationMs: 0 },
    routes: { kind: 'none', reason: TCP_ONLY },
    refused: NOTHING_REFUSED,
    outbound,
  }
}

function socketOf({ address }: Listener): OutboundSocket {
  const socket = address?.address?.$case === 'socketAddress' ? address.address.value : undefined
  const port = socket?.portSpecifier?.$case === 'portValue' ? socket.portSpecifier.value : 0
  return { address: socket?.address ?? '', port }
}

/** Undefined for a chain that is not for plaintext HTTP. */
function translateChain(scope: FieldScope, name: string, chain: FilterChain): ListenerResource | undefined {
  const transport = chain.filterChainMatch?.transportProtocol ?? ''
  if (transport !== '' && transport !== 'raw_buffer') return undefined
  for (const [index, { configType }] of chain.filters.entries()) {
    const any = configType?.$case === 'typedConfig' ? configType.value : undefined
    if (any === undefined || typeNameOf(any.typeUrl) !== HttpConnectionManager.$type) continue
    const place = scope.at('filters', index).at('typed_config')
    const manager = decodeBytes(place, HttpConnectionManager, any.value)
    if (manager !== undefined) return translateHttpConnectionManager(place, name, manager)
  }
  return undefined
}
