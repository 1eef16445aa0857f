import type { BodyFormat, JsonTemplate } from '../model/body-format.js'
import type { FormatContext } from './format-context.js'
import { FormatString } from './format-string.js'

/** What stands in a text for a command that stands for nothing (Envoy, access log formats). */
const MISSING = '-'

/** The command whose value JSON has as a number. */
const NUMBER = '%RESPONSE_CODE%'

/**
 * Makes a body.
 *
 * @param format - How.
 * @param context - The request.
 * @param body - What `LOCAL_REPLY_BODY` stands for.
 */
export function writeBody({ template, omitsEmpty }: BodyFormat, context: FormatContext, body: string): string {
  if (template instanceof FormatString) return template.write(context, { missing: omitsEmpty ? '' : MISSING, body })
  const write = (value: JsonTemplate): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (value instanceof FormatString) return writeText(value, context, body, omitsEmpty)
    if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, write(item)]))
    return (value as readonly JsonTemplate[]).map(write)
  }
  // The line break is Envoy's.
  return `${JSON.stringify(write(template))}\n`
}

/** A text of one command alone has the command's type, and is left out or null where it stands for nothing. */
function writeText(text: FormatString, context: FormatContext, body: string, omitsEmpty: boolean): unknown {
  if (text.text === NUMBER) return Number(text.write(context))
  if (!text.isCommand) return text.write(context, { missing: omitsEmpty ? '' : MISSING, body })
  return text.command(context, body) ?? (omitsEmpty ? undefined : null)
}
