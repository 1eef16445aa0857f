import { type BodyFormat, FormatString, type JsonTemplate } from '@inmesh/core'
import type { DataSource, SubstitutionFormatString } from '@inmesh/xds-proto'
import type { FieldScope } from './field-scope.js'
import { CARRIED, FieldTreatments, MOOT } from './field-treatments.js'
import { checkHeaderText } from './header-text.js'
import { ViewReasons } from './view-reasons.js'

const FIELDS = new FieldTreatments<SubstitutionFormatString>({
  format: CARRIED,
  omitEmptyValues: CARRIED,
  contentType: CARRIED,
  formatters: CARRIED,
  // Keys are sorted always, as in Envoy today.
  jsonFormatOptions: MOOT,
})

/** Told of a field that cannot be carried out. */
export type Refuse = (place: FieldScope, reason: string) => void

/**
 * Refuses for HTTP, the only view that reads bodies.
 *
 * @param reasons - Where refusals are collected.
 */
export function refuseHttp(reasons: ViewReasons): Refuse {
  return (place, reason) => reasons.add(place, reason, ['http'])
}

/**
 * Translates how a body is made.
 *
 * @param scope - Where the format stands.
 * @param format - The format.
 * @param refuse - Told what is wrong with it.
 * @returns undefined when something is.
 */
export function translateBodyFormat(
  scope: FieldScope,
  format: SubstitutionFormatString,
  refuse: Refuse,
): BodyFormat | undefined {
  FIELDS.apply(scope, format, ViewReasons.refusals())
  if (format.formatters.length > 0) {
    refuse(scope.at('formatters'), 'commands of other formatters are not supported')
    return undefined
  }
  const template = translateTemplate(scope, format, refuse)
  if (template === undefined || !checkHeaderText(scope.at('content_type'), format.contentType)) return undefined
  const usualType = template instanceof FormatString ? 'text/plain' : 'application/json'
  return { template, contentType: format.contentType || usualType, omitsEmpty: format.omitEmptyValues }
}

function translateTemplate(
  scope: FieldScope,
  { format }: SubstitutionFormatString,
  refuse: Refuse,
): BodyFormat['template'] | undefined {
  switch (format?.$case) {
    case 'textFormat':
      return translateText(scope.at('text_format'), format.value, refuse)
    case 'textFormatSource': {
      const place = scope.at('text_format_source')
      const text = inlineText(place, format.value, refuse)
      return text === undefined ? undefined : translateText(place, text, refuse)
    }
    case 'jsonFormat':
      return translateFields(scope.at('json_format'), format.value ?? {}, refuse)
    case undefined:
      refuse(scope, 'the format is missing or not known')
      return undefined
  }
}

/**
 * A control plane must not be able to name a file or a variable of the process and have its content sent.
 *
 * @param scope - Where the source stands.
 * @param source - The source.
 * @param refuse - Told of a source that is not inline.
 * @returns undefined then.
 */
export function inlineText(scope: FieldScope, { specifier }: DataSource, refuse: Refuse): string | undefined {
  switch (specifier?.$case) {
    case 'inlineString':
      return specifier.value
    case 'inlineBytes':
      return new TextDecoder().decode(specifier.value)
    case 'filename':
      refuse(scope.at('filename'), 'texts are not read from files')
      return undefined
    case 'environmentVariable':
      refuse(scope.at('environment_variable'), 'texts are not read from the environment')
      return undefined
    case undefined:
      return ''
  }
}

function translateText(scope: FieldScope, text: string, refuse: Refuse): FormatString | undefined {
  const format = FormatString.parse(text)
  if (format instanceof FormatString) return format
  refuse(scope, format.reason)
  return undefined
}

function translateFields(scope: FieldScope, fields: object, refuse: Refuse): Map<string, JsonTemplate> | undefined {
  const template = new Map<string, JsonTemplate>()
  for (const [key, value] of Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const translated = translateValue(scope, value, refuse)
    if (translated === undefined) return undefined
    template.set(key, translated)
  }
  return template
}

function translateValue(scope: FieldScope, value: unknown, refuse: Refuse): JsonTemplate | undefined {
  if (typeof value === 'string') return translateText(scope, value, refuse)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (!Array.isArray(value)) return translateFields(scope, value as object, refuse)
  const items = value.map((item) => translateValue(scope, item, refuse))
  return items.every((item) => item !== undefined) ? items : undefined
}
