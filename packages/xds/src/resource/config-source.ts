import type { ConfigSource } from '@inmesh/xds-proto'

/**
 * Whether a resource is to be asked for where the one that names it came from: `ads` or `self`. gRPC takes nothing else (gRFC A27,
 * A74), and neither does Inmesh: files and further servers named by a control plane are not opened.
 */
export function isOwnSource(source: ConfigSource | undefined): boolean {
  const specifier = source?.configSourceSpecifier?.$case
  return specifier === 'ads' || specifier === 'self'
}
