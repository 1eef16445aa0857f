import { grpcStatusNames } from '@inmesh/core'
import type { HttpFault } from '../model/http-route.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'

/** Reads the `fault` of a route. */
export function readHttpFault(fields: YamlFields): HttpFault {
  const delay = fields.fields('delay', readDelay)
  const abort = fields.fields('abort', readAbort)
  return {
    ...(delay === undefined ? {} : { delay }),
    ...(abort === undefined ? {} : { abort }),
  }
}

function readDelay(fields: YamlFields): HttpFault['delay'] {
  fields.notCarriedOut(['exponentialDelay'], 'only fixedDelay is')
  const percent = readPercentage(fields)
  const durationMs = fields.durationMs('fixedDelay')
  if (durationMs !== undefined) return { durationMs, percent }
  if (!fields.has('exponentialDelay')) fields.owner.fail('fixedDelay is missing')
  return undefined
}

function readAbort(fields: YamlFields): HttpFault['abort'] {
  fields.notCarriedOut(['http2Error'], 'only httpStatus and grpcStatus are')
  const percent = readPercentage(fields)
  const http = fields.integer('httpStatus', { min: 200, max: 599 })
  const grpc = fields.oneOf('grpcStatus', grpcStatusNames)
  if (http !== undefined && grpc !== undefined) fields.owner.fail('only one of httpStatus and grpcStatus can be given')
  if (http !== undefined) return { percent, status: { kind: 'http', code: http } }
  if (grpc !== undefined) return { percent, status: { kind: 'grpc', code: grpcStatusNames.indexOf(grpc) } }
  const said = ['httpStatus', 'grpcStatus', 'http2Error'].some((name) => fields.has(name))
  if (!said) fields.owner.fail('one of httpStatus and grpcStatus must be given')
  return undefined
}

// `percent` is the older form. Without either no request is touched, as in Istio.
function readPercentage(fields: YamlFields): number {
  const percentage = fields.get('percentage')
  const percent = fields.integer('percent', { min: 0, max: 100 })
  const value = percentage === undefined ? percent : readPercent(percentage)
  if (value === undefined && !fields.has('percentage')) fields.owner.warn('touches no request: it has no percentage')
  return value ?? 0
}

/** Reads a Percent; 0 when it has no value. */
export function readPercent(value: YamlValue): number {
  return readFields(value, (fields) => fields.get('value')?.number({ min: 0, max: 100 })) ?? 0
}
