import type { HttpAction, HttpRedirect } from '../model/http-route.js'
import type { YamlFields } from '../read/yaml-fields.js'

const redirectCodes = [301, 302, 303, 307, 308]
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Reads the `redirect` of a route. */
export function readRedirect(fields: YamlFields): HttpRedirect {
  const code = fields.integer('redirectCode', { min: 300, max: 399 }) ?? 301
  if (!redirectCodes.includes(code)) fields.get('redirectCode')?.fail(`must be one of ${redirectCodes.join(', ')}`)
  const port = fields.integer('port', { min: 1, max: 65_535 })
  const derived = fields.oneOf('derivePort', ['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'])
  if (port !== undefined && derived !== undefined) fields.owner.fail('only one of port and derivePort can be given')
  const uri = fields.string('uri') ?? ''
  const prefixRewrite = fields.string('prefixRewrite')
  if (uri !== '' && prefixRewrite !== undefined) fields.owner.fail('only one of uri and prefixRewrite can be given')
  return {
    uri,
    authority: fields.string('authority') ?? '',
    scheme: fields.string('scheme') ?? '',
    ...(port === undefined ? {} : { port }),
    ...(derived === 'FROM_REQUEST_PORT' ? { port: 'request' as const } : {}),
    ...(prefixRewrite === undefined ? {} : { prefixRewrite }),
    code,
  }
}

/** Reads the `directResponse` of a route. */
export function readDirectResponse(fields: YamlFields): HttpAction {
  const status = fields.require('status')?.integer({ min: 200, max: 599 }) ?? 200
  const body = fields.fields('body', readBody)
  return { kind: 'direct-response', status, ...(body === undefined ? {} : { body }) }
}

function readBody(fields: YamlFields): string | Uint8Array | undefined {
  const text = fields.string('string')
  const bytes = fields.get('bytes')
  if (bytes === undefined) return text
  if (text !== undefined) fields.owner.fail('only one of string and bytes can be given')
  const encoded = bytes.string() ?? ''
  if (!base64.test(encoded)) bytes.fail('must be base64')
  return Buffer.from(encoded, 'base64')
}
