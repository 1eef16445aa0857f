import { isNetwork, NetworkSet } from '@inmesh/core'
import type { RouteMatch } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { RouteReasons } from './route-reasons.js'

type FilterStateMatcher = RouteMatch['filterState'][number]

/**
 * Key of the one object of filter state that there is: the address of the client whose inbound request a call is made for. Named after
 * the pattern of gRPC's `io.grpc.channel_id`.
 */
const CLIENT_ADDRESS = 'io.inmesh.client_address'

/**
 * Translates a route's conditions on filter state: `address_match` on `io.inmesh.client_address` is a condition on the network of the client
 * that the inbound request came from; no other object exists. gRPC passes such routes by.
 *
 * @param scope - The route's match.
 * @param matchers - The conditions.
 * @param reasons - Reasons of the route.
 */
export function translateClientNetworks(
  scope: FieldScope,
  matchers: readonly FilterStateMatcher[],
  reasons: RouteReasons,
): readonly NetworkSet[] {
  if (matchers.length === 0) return []
  reasons.skips.add(scope.at('filter_state'), 'gRPC does not match filter state', ['grpc'])
  return matchers.flatMap(({ key, matcher }, index) => {
    const place = scope.at('filter_state', index)
    if (key === CLIENT_ADDRESS && matcher?.$case === 'addressMatch') {
      return translateNetworks(place.at('address_match'), matcher.value.ranges)
    }
    reasons.refusals.add(place, `filter state is matched for the address of ${CLIENT_ADDRESS} only`, ['http'])
    return []
  })
}

function translateNetworks(
  scope: FieldScope,
  ranges: readonly { readonly addressPrefix: string; readonly prefixLen?: number | undefined }[],
): readonly NetworkSet[] {
  const blocks: string[] = []
  for (const [index, { addressPrefix, prefixLen }] of ranges.entries()) {
    // Without a length a range is a single network of length 0 (proto3's default of the wrapped value).
    const block = `${addressPrefix}/${prefixLen ?? 0}`
    if (isNetwork(block)) blocks.push(block)
    else scope.at('ranges', index).malformed(`${JSON.stringify(block)} is no network`)
  }
  return [new NetworkSet(blocks)]
}
