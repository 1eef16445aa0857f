import type { HealthCheck_Payload } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import type { ViewReasons } from '../field/view-reasons.js'

const HEX = /^(?:[0-9a-f]{2})+$/i

/**
 * @param scope - Where the payload stands.
 * @param payload - Bytes, or the same in hexadecimal digits.
 * @param refusals - Refusals of the cluster.
 * @returns the bytes; undefined when there are none, which is reported.
 */
export function translatePayload(
  scope: FieldScope,
  { payload }: HealthCheck_Payload,
  refusals: ViewReasons,
): Uint8Array | undefined {
  switch (payload?.$case) {
    case 'text':
      if (HEX.test(payload.value)) return Buffer.from(payload.value, 'hex')
      refusals.add(scope.at('text'), 'must be bytes in hexadecimal digits', ['http'])
      return undefined
    case 'binary':
      return payload.value
    case undefined:
      refusals.add(scope, 'the payload is missing', ['http'])
      return undefined
  }
}

/** As {@link translatePayload}, for what must be received. */
export function translatePayloads(
  scope: FieldScope,
  payloads: readonly HealthCheck_Payload[],
  refusals: ViewReasons,
): readonly Uint8Array[] {
  return payloads.flatMap((payload, index) => translatePayload(scope.at('receive', index), payload, refusals) ?? [])
}
