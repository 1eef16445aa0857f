import type { HttpMatch } from '../model/http-match.js'
import type { NamedMatch } from '../model/string-match.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'
import { readNamedMatches, readStringMatch } from './string-match.js'

/** Reads one HTTPMatchRequest. */
export function readHttpMatch(value: YamlValue): HttpMatch | undefined {
  return readFields(value, (fields) => {
    const uri = fields.get('uri')
    const path = uri === undefined ? undefined : readStringMatch(uri)
    if (path?.kind === 'present') uri?.fail('must be one of exact, prefix and regex')
    const gateways = fields.strings('gateways')
    const optional = readOptional(fields)
    fields.notCarriedOut(['statPrefix'], 'statistics are not named per route')
    return {
      name: fields.string('name') ?? '',
      ...(path === undefined || path.kind === 'present' ? {} : { uri: path }),
      caseSensitive: !(fields.boolean('ignoreUriCase') ?? false),
      ...optional,
      headers: readHeaders(fields, 'headers'),
      withoutHeaders: readHeaders(fields, 'withoutHeaders'),
      queryParameters: readNamedMatches(fields, 'queryParams'),
      sourceLabels: fields.stringMap('sourceLabels'),
      forMesh: gateways.length === 0 || gateways.includes('mesh'),
    }
  })
}

function readOptional(
  fields: YamlFields,
): Pick<HttpMatch, 'scheme' | 'method' | 'authority' | 'port' | 'sourceNamespace'> {
  const scheme = fields.get('scheme')
  const method = fields.get('method')
  const authority = fields.get('authority')
  const port = fields.integer('port', { min: 1, max: 65_535 })
  const sourceNamespace = fields.string('sourceNamespace')
  return {
    ...(scheme === undefined ? {} : { scheme: readStringMatch(scheme) }),
    ...(method === undefined ? {} : { method: readStringMatch(method) }),
    ...(authority === undefined ? {} : { authority: readStringMatch(authority) }),
    ...(port === undefined ? {} : { port }),
    ...(sourceNamespace === undefined ? {} : { sourceNamespace }),
  }
}

function readHeaders(fields: YamlFields, name: string): readonly NamedMatch[] {
  return readNamedMatches(fields, name, refuseClaims).map((header) => ({ ...header, name: header.name.toLowerCase() }))
}

// A condition on a token's claims that was left out would let every request through the route.
function refuseClaims(header: string, value: YamlValue): void {
  if (header.toLowerCase().startsWith('@request.auth.claims')) {
    value.fail('matching on the claims of a token is not supported yet')
  }
}
