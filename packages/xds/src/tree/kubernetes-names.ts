/** What short names of services are completed with, as for a pod in Kubernetes. */
export interface KubernetesDomain {
  /** Namespace of the caller: `reviews` is short for a service in it. Default: names without a dot are not short for anything. */
  readonly namespace?: string
  /** Domain of the cluster. Default `cluster.local`. */
  readonly clusterDomain?: string
}

const DEFAULT_CLUSTER_DOMAIN = 'cluster.local'

/**
 * The names that a host may stand for: itself, and the service that it is the short name of (`reviews`, `reviews.shop`, `reviews.shop.svc`).
 *
 * @param host - In lower case.
 * @param domain - What short names are completed with.
 */
export function namesOfHost(
  host: string,
  { namespace, clusterDomain = DEFAULT_CLUSTER_DOMAIN }: KubernetesDomain,
): readonly string[] {
  const labels = host.split('.')
  if (labels.length === 1 && namespace !== undefined) return [host, `${host}.${namespace}.svc.${clusterDomain}`]
  if (labels.length === 2) return [host, `${host}.svc.${clusterDomain}`]
  if (labels.length === 3 && labels[2] === 'svc') return [host, `${host}.${clusterDomain}`]
  return [host]
}

/**
 * Whether a host may be a service of the cluster: a name under the domain that services are in, or one that search domains complete to such a
 * name. A name without a dot is one even where the namespace that would complete it is not known.
 *
 * @param host - In lower case.
 * @param domain - What short names are completed with.
 */
export function isServiceName(host: string, domain: KubernetesDomain): boolean {
  if (!host.includes('.')) return true
  const services = `.svc.${domain.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN}`
  return namesOfHost(host, domain).some((name) => name.endsWith(services))
}
