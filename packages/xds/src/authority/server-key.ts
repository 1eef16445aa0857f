import type { ServerConfig } from '../bootstrap/bootstrap.js'

/** Equal for server configurations that mean the same connection: address, credentials and features. The key holds no secret. */
export function serverKey({ target, credentials, callCredentials, features }: ServerConfig): string {
  return JSON.stringify([target, credentials, callCredentials, [...new Set(features)].sort()])
}
