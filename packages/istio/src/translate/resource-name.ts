/**
 * Name of a cluster and of its endpoints.
 *
 * @param port - The service's port.
 * @param subset - Name of a subset; empty for the whole service.
 * @param host - Full host name.
 */
export function clusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`
}

/**
 * Name of the route configuration of a service's port.
 *
 * @param port - The service's port.
 * @param host - Full host name.
 */
export function routeConfigurationName(port: number, host: string): string {
  return clusterName(port, '', host)
}

/** An address that a listener is bound to. */
export interface ListenAddress {
  /** IP address, without brackets. */
  readonly address: string
  /** Port. */
  readonly port: number
}

/** What precedes the address in the name of an inbound listener: ours, and the one that Istio's agent writes into bootstraps. */
const inboundPrefixes = ['inmesh/inbound/', 'xds.istio.io/grpc/lds/inbound/'] as const

/** The bootstrap's `server_listener_resource_name_template`. */
export const inboundListenerTemplate = `${inboundPrefixes[0]}%s`

/**
 * @param name - Name of a listener.
 * @returns the address in it, or undefined when it is not the name of an inbound listener.
 */
export function inboundListenAddress(name: string): ListenAddress | undefined {
  const prefix = inboundPrefixes.find((prefix) => name.startsWith(prefix))
  if (prefix === undefined) return undefined
  const target = name.slice(prefix.length)
  const colon = target.lastIndexOf(':')
  const port = Number(target.slice(colon + 1))
  if (colon <= 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  return { address: target.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port }
}
