import type { ErrorPlace } from '@inmesh/core'
import { hostMatches, serviceHostParts } from '../host/host-name.js'
import type { DestinationRule } from '../model/destination-rule.js'
import type { Destination, HttpRoute } from '../model/http-route.js'
import type { MeshConfig } from '../model/mesh-config.js'
import type { ResourceIdentity, Visibility } from '../model/resource-identity.js'
import type { VirtualService } from '../model/virtual-service.js'
import { placeText } from '../read/place-text.js'
import type { Problems } from '../read/problems.js'

/**
 * Checks what one file alone does not show: names that are used twice, and subsets that no DestinationRule declares.
 *
 * @param config - Everything that was read.
 * @param problems - Told what is wrong.
 */
export function checkReferences(config: Omit<MeshConfig, 'warnings'>, problems: Problems): void {
  const { serviceEntries, workloadEntries, virtualServices, destinationRules } = config
  checkNames([...serviceEntries, ...workloadEntries, ...virtualServices, ...destinationRules], problems)
  checkHosts(
    'ServiceEntry',
    serviceEntries.flatMap((entry) => entry.hosts.map((host) => ({ ...host, visibility: entry.visibility }))),
    problems,
  )
  checkHosts(
    'VirtualService',
    virtualServices
      .filter((service) => service.forMesh)
      .flatMap((service) => service.hosts.map((host) => ({ ...host, visibility: service.visibility }))),
    problems,
  )
  checkRuleHosts(destinationRules, problems)
  checkXdsNames(config, problems)
  for (const service of virtualServices) checkDestinations(service, destinationRules, problems)
  warnOfHalfNames(config, problems)
}

function checkNames(resources: readonly ResourceIdentity[], problems: Problems): void {
  const seen = new Map<string, ResourceIdentity>()
  for (const resource of resources) {
    const key = `${resource.kind} ${resource.namespace}/${resource.name}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, resource)
    else problems.error({ ...resource.place, field: 'metadata.name' }, `${key} is already in ${placeText(first.place)}`)
  }
}

interface SeenHost {
  readonly name: string
  readonly place: ErrorPlace
  readonly visibility: Visibility
}

// Istio merges two VirtualServices of one host for gateways only and picks one of them inside the mesh; here nobody has to guess which.
function checkHosts(kind: string, hosts: readonly SeenHost[], problems: Problems): void {
  const seen = new Map<string, SeenHost[]>()
  for (const host of hosts) {
    const others = seen.get(host.name) ?? []
    const first = others.find((other) => seenTogether(host.visibility, other.visibility))
    if (first !== undefined) {
      problems.error(host.place, `${host.name} already has a ${kind} in ${placeText(first.place)}`)
    }
    seen.set(host.name, [...others, host])
  }
}

function seenTogether(one: Visibility, other: Visibility): boolean {
  return one === 'all' || other === 'all' || one.some((namespace) => other.includes(namespace))
}

function checkRuleHosts(rules: readonly DestinationRule[], problems: Problems): void {
  const seen = new Map<string, DestinationRule>()
  for (const rule of rules) {
    const key = `${rule.namespace}/${rule.host}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, rule)
    else {
      const message = `${rule.host} already has a DestinationRule of this namespace in ${placeText(first.hostPlace)}`
      problems.error(rule.hostPlace, message)
    }
  }
}

function checkXdsNames(config: Pick<MeshConfig, 'xdsDocuments'>, problems: Problems): void {
  const seen = new Map<string, ErrorPlace>()
  for (const { typeUrl, name, place } of config.xdsDocuments) {
    const key = `${typeUrl} ${name}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, place)
    else problems.error(place, `the resource ${name} is already in ${placeText(first)}`)
  }
}

function checkDestinations(service: VirtualService, rules: readonly DestinationRule[], problems: Problems): void {
  for (const destination of service.http.flatMap(destinationsOf)) {
    if (destination.subset === '') continue
    const found = rules.some(
      (rule) =>
        hostMatches(rule.host, destination.host) && rule.subsets.some((subset) => subset.name === destination.subset),
    )
    if (found) continue
    const message = `no DestinationRule for ${destination.host} declares the subset ${destination.subset}`
    problems.error(destination.place, message)
  }
}

function destinationsOf(route: HttpRoute): readonly Destination[] {
  if (route.action.kind !== 'forward') return []
  return [...route.action.destinations, ...route.action.mirrors].map(({ destination }) => destination)
}

// `catalog.shop` is a name on its own for Istio, though callers may use it for catalog.shop.svc.cluster.local: the rule would apply to nobody.
function warnOfHalfNames(config: Omit<MeshConfig, 'warnings'>, problems: Problems): void {
  const declared = new Set(config.serviceEntries.flatMap((entry) => entry.hosts.map((host) => host.name)))
  const used = [
    ...config.virtualServices.flatMap((service) => service.hosts),
    ...config.destinationRules.map((rule) => ({ name: rule.host, place: rule.hostPlace })),
    ...config.virtualServices
      .flatMap((service) => service.http.flatMap(destinationsOf))
      .map(({ host, place }) => ({ name: host, place })),
  ]
  for (const { name, place } of used) {
    const labels = name.replace(/\.svc$/, '').split('.')
    if (labels.length !== 2 || name.startsWith('*') || declared.has(name) || serviceHostParts(name) !== undefined)
      continue
    const [service, namespace] = labels
    problems.warn(
      place,
      `${name} is taken as a full host name; for the service write ${service}.${namespace}.svc.cluster.local`,
    )
  }
}
