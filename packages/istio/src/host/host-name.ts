/** DNS domain of the services of the mesh, as in Kubernetes. */
export const clusterDomain = 'cluster.local'

/**
 * Completes a host name as Istio does: a name without a dot is a service of the namespace where it is written, any other name is taken
 * as it stands.
 *
 * @param host - A host name or a pattern; case does not count.
 * @param namespace - Namespace where it is written.
 * @returns the full name in lower case.
 */
export function fullHostName(host: string, namespace: string): string {
  const name = host.toLowerCase()
  return name.includes('.') || name === '*' || name === '' ? name : serviceHostName(name, namespace)
}

/**
 * @param service - Name of a service.
 * @param namespace - Its namespace.
 * @returns `SERVICE.NAMESPACE.svc.cluster.local`.
 */
export function serviceHostName(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.${clusterDomain}`
}

/** A host name that is a service's name in its namespace. */
export interface ServiceHostParts {
  /** Name of the service. */
  readonly service: string
  /** Namespace. */
  readonly namespace: string
}

/**
 * @param host - A full host name.
 * @returns its parts when it is of the form `SERVICE.NAMESPACE.svc.cluster.local`, else undefined.
 */
export function serviceHostParts(host: string): ServiceHostParts | undefined {
  const suffix = `.svc.${clusterDomain}`
  if (!host.endsWith(suffix)) return undefined
  const [service, namespace, ...rest] = host.slice(0, -suffix.length).split('.')
  if (service === undefined || service === '' || namespace === undefined || namespace === '') return undefined
  return rest.length === 0 ? { service, namespace } : undefined
}

/**
 * The shorter names of a host, as a resolver with Kubernetes' search domains takes them.
 *
 * @param host - A full host name.
 * @param namespace - Namespace of the caller.
 * @returns the shorter names, the shortest first; none where the host is not a service of the mesh.
 */
export function shortHostNames(host: string, namespace: string): readonly string[] {
  const parts = serviceHostParts(host)
  if (parts === undefined) return []
  const qualified = `${parts.service}.${parts.namespace}`
  return parts.namespace === namespace
    ? [parts.service, `${qualified}.svc`, qualified]
    : [`${qualified}.svc`, qualified]
}

/**
 * @param pattern - A host name, `*.` with the end of one, or `*`.
 * @param host - A full host name.
 * @returns whether the pattern stands for the host.
 */
export function hostMatches(pattern: string, host: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : pattern === host
}
