import type { LocalReplyConfig, ReplyCondition, ReplyMapper } from '@inmesh/core'
import {
  type AccessLogFilter,
  type ComparisonFilter,
  ComparisonFilter_Op,
  type LocalReplyConfig as LocalReplyMessage,
  type ResponseMapper,
} from '@inmesh/xds-proto'
import { inlineText, refuseHttp, translateBodyFormat } from '../field/body-format.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'
import { translateHeaderMatch } from '../route/header-match.js'
import { checkHeaderName, translateAddition } from '../route/header-operations.js'

const RUNTIME = 'there is no runtime to look the key up in; the value given applies'

const FIELDS = new FieldTreatments<LocalReplyMessage>({ mappers: CARRIED, bodyFormat: CARRIED })

const MAPPER_FIELDS = new FieldTreatments<ResponseMapper>({
  filter: CARRIED,
  statusCode: CARRIED,
  body: CARRIED,
  bodyFormatOverride: CARRIED,
  headersToAdd: CARRIED,
})

const COMPARISON_FIELDS = new FieldTreatments<NonNullable<ComparisonFilter['value']>>({
  defaultValue: CARRIED,
  runtimeKey: leftOut(RUNTIME),
})

/**
 * Translates how answers of the mesh itself are made over. A mapper that cannot be carried out is listed and left out as a whole, so that
 * the answers of the others are as they should be; gRPC reads none of it.
 *
 * @param scope - Where it stands.
 * @param config - The configuration.
 */
export function translateLocalReplies(scope: FieldScope, config: LocalReplyMessage): LocalReplyConfig {
  FIELDS.apply(scope, config, ViewReasons.replies())
  const reasons = ViewReasons.replies()
  const refuse = refuseHttp(reasons)
  const format = config.bodyFormat && translateBodyFormat(scope.at('body_format'), config.bodyFormat, refuse)
  const mappers = config.mappers.flatMap((mapper, index) => translateMapper(scope.at('mappers', index), mapper) ?? [])
  return { mappers, ...(format && { format }) }
}

function translateMapper(scope: FieldScope, mapper: ResponseMapper): ReplyMapper | undefined {
  const reasons = ViewReasons.replies()
  const refuse = refuseHttp(reasons)
  MAPPER_FIELDS.apply(scope, mapper, reasons)
  const condition = translateCondition(scope.at('filter'), mapper.filter, reasons)
  const { statusCode: status, bodyFormatOverride } = mapper
  if (status !== undefined && (status < 200 || status > 599)) refuse(scope.at('status_code'), 'must be 200 to 599')
  const body = mapper.body && inlineText(scope.at('body'), mapper.body, refuse)
  const format = bodyFormatOverride && translateBodyFormat(scope.at('body_format_override'), bodyFormatOverride, refuse)
  const headers = mapper.headersToAdd.flatMap((option, index) => {
    const place = scope.at('headers_to_add', index)
    const named = checkHeaderName(place.at('header').at('key'), option.header?.key ?? '')
    return (named && translateAddition(place, option, reasons)) || []
  })
  if (condition === undefined || reasons.has('http')) return undefined
  return {
    condition,
    ...(status !== undefined && { status }),
    ...(body !== undefined && { body }),
    headers,
    ...(format && { format }),
  }
}

const OPERATORS: Readonly<Record<ComparisonFilter_Op, Extract<ReplyCondition, { kind: 'status' }>['operator']>> = {
  [ComparisonFilter_Op.EQ]: 'equal',
  [ComparisonFilter_Op.GE]: 'at-least',
  [ComparisonFilter_Op.LE]: 'at-most',
  [ComparisonFilter_Op.NE]: 'not-equal',
}

/** @returns undefined when the condition cannot be tested, which is reported. */
function translateCondition(
  scope: FieldScope,
  filter: AccessLogFilter | undefined,
  reasons: ViewReasons,
): ReplyCondition | undefined {
  const specifier = filter?.filterSpecifier
  switch (specifier?.$case) {
    case 'statusCodeFilter': {
      const comparison = specifier.value.comparison
      const operator = comparison && OPERATORS[comparison.op]
      if (comparison?.value === undefined || operator === undefined) return untested(scope, reasons)
      COMPARISON_FIELDS.apply(scope.at('status_code_filter').at('comparison').at('value'), comparison.value, reasons)
      return { kind: 'status', operator, status: comparison.value.defaultValue }
    }
    case 'headerFilter': {
      const { header } = specifier.value
      const match = header && translateHeaderMatch(scope.at('header_filter').at('header'), header, reasons)
      return match === undefined ? untested(scope, reasons) : { kind: 'header', match }
    }
    case 'notHealthCheckFilter':
      // No application asks itself for its health through the mesh.
      return { kind: 'all', conditions: [] }
    case 'responseFlagFilter':
      return { kind: 'flags', flags: specifier.value.flags }
    case 'andFilter':
    case 'orFilter': {
      const all = specifier.$case === 'andFilter'
      const place = scope.at(all ? 'and_filter' : 'or_filter')
      const conditions = specifier.value.filters.map((each, index) => {
        return translateCondition(place.at('filters', index), each, reasons)
      })
      if (!conditions.every((condition) => condition !== undefined)) return undefined
      return { kind: all ? 'all' : 'any', conditions }
    }
    case 'durationFilter':
    case 'extensionFilter':
    case 'grpcStatusFilter':
    case 'logTypeFilter':
    case 'metadataFilter':
    case 'runtimeFilter':
    case 'traceableFilter':
    case undefined:
      return untested(scope, reasons)
  }
}

function untested(scope: FieldScope, reasons: ViewReasons): undefined {
  reasons.add(scope, 'the condition is missing or cannot be tested', ['http'])
}
