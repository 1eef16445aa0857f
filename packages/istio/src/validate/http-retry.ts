import type { HttpRetry } from '../model/http-route.js'
import type { YamlFields } from '../read/yaml-fields.js'

/** Reads the `retries` of a route. */
export function readHttpRetry(fields: YamlFields): HttpRetry {
  const perTryTimeoutMs = fields.durationMs('perTryTimeout')
  const retryOn = fields.string('retryOn')
  const ignorePreviousHosts = fields.boolean('retryIgnorePreviousHosts')
  const backoffMs = fields.durationMs('backoff')
  if (perTryTimeoutMs !== undefined && perTryTimeoutMs < 1) fields.get('perTryTimeout')?.fail('must be at least 1ms')
  if (backoffMs !== undefined && backoffMs < 1) fields.get('backoff')?.fail('must be at least 1ms')
  return {
    // Istio reads a policy without attempts as one that turns retries off.
    attempts: fields.integer('attempts', { min: 0, max: 0x7fff_ffff }) ?? 0,
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeoutMs }),
    ...(retryOn === undefined || retryOn === '' ? {} : { retryOn }),
    retryRemoteLocalities: fields.boolean('retryRemoteLocalities') ?? false,
    ...(ignorePreviousHosts === undefined ? {} : { ignorePreviousHosts }),
    ...(backoffMs === undefined ? {} : { backoffMs }),
  }
}
