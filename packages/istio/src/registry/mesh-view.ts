import { HostTable } from '../host/host-table.js'
import type { DestinationRule, Subset } from '../model/destination-rule.js'
import type { MeshConfig } from '../model/mesh-config.js'
import { isVisible } from '../model/resource-identity.js'
import type { PortedTrafficPolicy, TrafficPolicy } from '../model/traffic-policy.js'
import type { VirtualService } from '../model/virtual-service.js'
import type { NodeView } from './node-view.js'
import type { Service } from './service.js'

/** The mesh as one caller sees it. */
export class MeshView {
  /** The caller. */
  readonly node: NodeView
  /** Services that the caller sees, by their full host name. */
  readonly services: ReadonlyMap<string, Service>
  readonly #virtualServices: HostTable<VirtualService>
  readonly #rules = new Map<string, HostTable<DestinationRule>>()

  /**
   * @param node - The caller.
   * @param config - What files declare.
   * @param services - Every service.
   */
  constructor(node: NodeView, config: MeshConfig, services: readonly Service[]) {
    this.node = node
    const visible = services.filter((service) => isVisible(service.visibility, node.namespace))
    this.services = new Map(visible.map((service) => [service.host, service]))
    const virtualServices = config.virtualServices.filter(
      (service) => service.forMesh && isVisible(service.visibility, node.namespace),
    )
    this.#virtualServices = new HostTable(
      virtualServices.flatMap((service) => service.hosts.map(({ name }) => [name, service] as const)),
    )
    const rules = config.destinationRules.filter((rule) => isVisible(rule.visibility, node.namespace))
    for (const namespace of new Set(rules.map((rule) => rule.namespace))) {
      const own = rules.filter((rule) => rule.namespace === namespace)
      this.#rules.set(namespace, new HostTable(own.map((rule) => [rule.host, rule] as const)))
    }
  }

  /**
   * @param host - A full host name.
   * @returns the VirtualService for it, if any.
   */
  virtualService(host: string): VirtualService | undefined {
    return this.#virtualServices.get(host)
  }

  /**
   * The DestinationRule for a host: the caller's namespace before the service's, as Istio looks them up.
   *
   * @param host - A full host name.
   */
  destinationRule(host: string): DestinationRule | undefined {
    const serviceNamespace = this.services.get(host)?.namespace
    return (
      this.#rules.get(this.node.namespace)?.get(host) ??
      (serviceNamespace === undefined ? undefined : this.#rules.get(serviceNamespace)?.get(host))
    )
  }

  /**
   * What holds for calls to a host.
   *
   * @param host - A full host name.
   * @param port - The service's port.
   * @param subset - Name of a subset; empty for the whole service.
   */
  trafficPolicy(host: string, port: number, subset: string): TrafficPolicy {
    const rule = this.destinationRule(host)
    if (rule === undefined) return {}
    const whole = merge({}, rule.trafficPolicy, port)
    return merge(whole, subsetOf(rule, subset)?.trafficPolicy, port)
  }
}

/**
 * @param rule - A DestinationRule.
 * @param name - Name of a subset.
 */
export function subsetOf(rule: DestinationRule, name: string): Subset | undefined {
  return rule.subsets.find((subset) => subset.name === name)
}

// A subset takes the place of the rule setting by setting; a port takes the place of both as a whole (Istio's TrafficPolicy reference).
function merge(base: TrafficPolicy, policy: PortedTrafficPolicy | undefined, port: number): TrafficPolicy {
  if (policy === undefined) return base
  const { ports, ...settings } = policy
  const merged = { ...base, ...settings }
  const forPort = ports.get(port)
  if (forPort === undefined) return merged
  return merged.retryBudget === undefined ? forPort : { retryBudget: merged.retryBudget, ...forPort }
}
