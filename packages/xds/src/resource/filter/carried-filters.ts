import type { FilterConfig } from '@inmesh/core'
import {
  Cors,
  CorsPolicy,
  HTTPFault,
  HttpHeaderMutation,
  HttpHeaderMutationPerRoute,
  type MessageCodec,
  StatefulSession,
  StatefulSessionPerRoute,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { decodeConfig, type TypedConfig } from '../field/typed-config.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateCorsPolicy } from './cors.js'
import { translateFault } from './fault.js'
import { translateHeaderMutations } from './header-mutation.js'
import { translateSessionOverride, translateStatefulSession } from './stateful-session.js'

/**
 * Translates a filter's configuration.
 *
 * @returns undefined when it is malformed, which is reported.
 */
export type FilterTranslator = (
  scope: FieldScope,
  config: TypedConfig,
  refusals: ViewReasons,
) => FilterConfig | undefined

/** A filter that is carried out, by one of the messages that configure it. */
export interface CarriedFilter {
  /** Tag of the union. */
  readonly kind: 'carried'
  /** Reads it as configuration of the listener; absent for a message that only overrides. */
  readonly base?: FilterTranslator
  /** Reads it as an override; absent for a message that overrides nothing. */
  readonly override?: FilterTranslator
  /** Why gRPC calls fail that come to it; absent where they pass it by, or pass it. */
  readonly grpcRefusal?: string
}

function translator<Message>(
  codec: MessageCodec<Message>,
  translate: (scope: FieldScope, message: Message, refusals: ViewReasons) => FilterConfig,
): FilterTranslator {
  return (scope, config, refusals) => {
    const message = decodeConfig(scope, codec, config)
    return message && translate(scope, message, refusals)
  }
}

const fault: FilterTranslator = translator(HTTPFault, translateFault)

/** CORS is for browsers; a gRPC client has no origin. */
const cors: CarriedFilter = { kind: 'carried', base: translator(Cors, () => ({ kind: 'cors' })) }

const headerMutation: CarriedFilter = {
  kind: 'carried',
  grpcRefusal: 'no gRFC changes headers',
  base: translator(HttpHeaderMutation, (scope, { mutations, mostSpecificHeaderMutationsWins }, refusals) => ({
    ...translateHeaderMutations(scope.at('mutations'), mutations, refusals),
    ...(mostSpecificHeaderMutationsWins && { mostSpecificWins: true }),
  })),
}

/** Filters that are carried out, by message name. */
export const CARRIED_FILTERS: readonly (readonly [typeName: string, filter: CarriedFilter])[] = [
  [HTTPFault.$type, { kind: 'carried', base: fault, override: fault }],
  [Cors.$type, cors],
  [CorsPolicy.$type, { kind: 'carried', override: translator(CorsPolicy, translateCorsPolicy) }],
  [HttpHeaderMutation.$type, headerMutation],
  [StatefulSession.$type, { kind: 'carried', base: translator(StatefulSession, translateStatefulSession) }],
  [
    StatefulSessionPerRoute.$type,
    { kind: 'carried', override: translator(StatefulSessionPerRoute, translateSessionOverride) },
  ],
  [
    HttpHeaderMutationPerRoute.$type,
    {
      kind: 'carried',
      grpcRefusal: 'no gRFC changes headers',
      override: translator(HttpHeaderMutationPerRoute, (scope, { mutations }, refusals) =>
        translateHeaderMutations(scope.at('mutations'), mutations, refusals),
      ),
    },
  ],
]
