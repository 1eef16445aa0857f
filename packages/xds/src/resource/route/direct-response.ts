import type { DirectResponseAction } from '@inmesh/core'
import type { DataSource, DirectResponseAction as DirectResponseMessage } from '@inmesh/xds-proto'
import { type Refuse, refuseHttp, translateBodyFormat } from '../field/body-format.js'
import type { FieldScope } from '../field/field-scope.js'
import type { RouteReasons } from './route-reasons.js'

/**
 * Translates the action that answers with a fixed response.
 *
 * @param scope - Where the action stands.
 * @param response - The action.
 * @param reasons - Reasons of the route: gRPC fails calls that come to it (gRFC A28).
 * @returns undefined when the action is malformed, which is reported.
 */
export function translateDirectResponse(
  scope: FieldScope,
  response: DirectResponseMessage,
  { refusals }: RouteReasons,
): DirectResponseAction | undefined {
  refusals.add(scope, 'gRPC calls are not answered by routes', ['grpc'])
  const refuse = refuseHttp(refusals)
  const format = response.bodyFormat && translateBodyFormat(scope.at('body_format'), response.bodyFormat, refuse)
  const { status } = response
  const body = translateBody(scope.at('body'), response.body, refuse)
  if (status < 200 || status > 599) {
    scope.at('status').malformed('must be 200 to 599')
    return undefined
  }
  return { kind: 'direct-response', status, body, ...(format && { format }) }
}

/** A control plane must not be able to name a file or a variable of the process and have its content sent. */
function translateBody(scope: FieldScope, source: DataSource | undefined, refuse: Refuse): string | Uint8Array {
  const specifier = source?.specifier
  switch (specifier?.$case) {
    case 'inlineString':
      return specifier.value
    case 'inlineBytes':
      // The bytes are a view of the whole resource, which must not be kept for them.
      return specifier.value.slice()
    case 'filename':
      refuse(scope.at('filename'), 'bodies are not read from files')
      return ''
    case 'environmentVariable':
      refuse(scope.at('environment_variable'), 'bodies are not read from the environment')
      return ''
    case undefined:
      return ''
  }
}
