import type { CorsPolicy } from '../model/http-route.js'
import type { StringMatch } from '../model/string-match.js'
import type { YamlFields } from '../read/yaml-fields.js'
import { readStringMatch } from './string-match.js'

/** Reads the `corsPolicy` of a route. */
export function readCorsPolicy(fields: YamlFields): CorsPolicy {
  const maxAgeMs = fields.durationMs('maxAge')
  const allowCredentials = fields.boolean('allowCredentials')
  const unmatched = fields.oneOf('unmatchedPreflights', ['UNSPECIFIED', 'FORWARD', 'IGNORE'])
  return {
    allowOrigins: readOrigins(fields),
    allowMethods: fields.strings('allowMethods'),
    allowHeaders: fields.strings('allowHeaders'),
    exposeHeaders: fields.strings('exposeHeaders'),
    ...(maxAgeMs === undefined ? {} : { maxAgeSeconds: Math.floor(maxAgeMs / 1000) }),
    ...(allowCredentials === undefined ? {} : { allowCredentials }),
    forwardUnmatchedPreflights: unmatched !== 'IGNORE',
  }
}

// `allowOrigin` is the older form.
function readOrigins(fields: YamlFields): readonly StringMatch[] {
  const origins: StringMatch[] = fields.strings('allowOrigin').map((value) => ({ kind: 'exact', value }))
  for (const item of fields.items('allowOrigins')) {
    const match = readStringMatch(item)
    if (match.kind === 'present') item.fail('must be one of exact, prefix and regex')
    origins.push(match)
  }
  return origins
}
