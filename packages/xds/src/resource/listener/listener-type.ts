import { NOTHING_REFUSED } from '@inmesh/core'
import { HttpConnectionManager, Listener, TrafficDirection, TypeUrl, typeNameOf } from '@inmesh/xds-proto'
import { decodeResource, type ResourceReader } from '../decode-resource.js'
import type { FieldScope } from '../field/field-scope.js'
import { decodeBytes } from '../field/typed-config.js'
import type { ResourceType } from '../resource-type.js'
import { translateHttpConnectionManager } from './http-connection-manager.js'
import type { ListenerResource } from './listener-resource.js'
import { translateOutboundListener } from './outbound-listener.js'
import { translateServerListener } from './server-listener.js'

/**
 * A listener for clients has an `api_listener`, and its other fields describe a socket that nobody opens here. One without is for servers (gRFC
 * A36), and nothing a call could use; or it catches what applications send, and says what is to become of that.
 */
function translateListener(scope: FieldScope, listener: Listener): ListenerResource | undefined {
  if (listener.apiListener === undefined) {
    if (listener.trafficDirection === TrafficDirection.OUTBOUND) return translateOutboundListener(scope, listener)
    return {
      listener: { name: listener.name, filters: [], maxStreamDurationMs: 0 },
      routes: { kind: 'none', reason: 'listeners without api_listener are for servers' },
      refused: NOTHING_REFUSED,
      ...translateServerListener(scope, listener),
    }
  }
  const place = scope.at('api_listener').at('api_listener')
  const any = listener.apiListener.apiListener
  if (any === undefined || typeNameOf(any.typeUrl) !== HttpConnectionManager.$type) {
    place.malformed(`must be a ${HttpConnectionManager.$type}`)
    return undefined
  }
  const manager = decodeBytes(place, HttpConnectionManager, any.value)
  return manager && translateHttpConnectionManager(place, listener.name, manager)
}

const READER: ResourceReader<Listener, ListenerResource> = {
  codec: Listener,
  nameField: 'name',
  nameOf: (listener) => listener.name,
  translate: translateListener,
}

/** Listeners (LDS). */
export const listenerType: ResourceType<ListenerResource> = {
  typeUrl: TypeUrl.Listener,
  shortName: 'LDS',
  fullState: true,
  decode: (bytes, _previous, origin) => decodeResource(READER, bytes, origin),
}
