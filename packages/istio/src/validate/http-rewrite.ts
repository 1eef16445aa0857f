import type { HttpRewrite } from '../model/http-route.js'
import type { YamlFields } from '../read/yaml-fields.js'
import { checkRegex } from './string-match.js'

/** Reads the `rewrite` of a route. */
export function readHttpRewrite(fields: YamlFields): HttpRewrite {
  const uri = fields.string('uri')
  const authority = fields.string('authority')
  const uriRegex = fields.fields('uriRegexRewrite', readRegexRewrite)
  if (uri !== undefined && uriRegex !== undefined) fields.owner.fail('only one of uri and uriRegexRewrite can be given')
  return {
    ...(uri === undefined ? {} : { uri }),
    ...(authority === undefined ? {} : { authority }),
    ...(uriRegex === undefined ? {} : { uriRegex }),
  }
}

function readRegexRewrite(fields: YamlFields): NonNullable<HttpRewrite['uriRegex']> {
  const match = fields.requiredString('match')
  const pattern = fields.get('match')
  if (pattern !== undefined) checkRegex(pattern, match)
  return { match, rewrite: fields.string('rewrite') ?? '' }
}
