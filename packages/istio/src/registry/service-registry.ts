import { fullHostName } from '../host/host-name.js'
import type { MeshConfig } from '../model/mesh-config.js'
import type { ServiceEntry, ServicePort } from '../model/service-entry.js'
import type { WorkloadEntry, WorkloadSpec } from '../model/workload-entry.js'
import type { RegisteredService, RegisteredWorkload, Registrations } from './registered-workload.js'
import { hasLabels, type Service, type ServiceDiscovery, type ServiceEndpoint } from './service.js'

const defaultServicePort = 80

/**
 * Joins what files declare with what running workloads say of themselves.
 *
 * A workload belongs to the service that it names. A service that no ServiceEntry declares is made from its workloads: `NAME` in
 * namespace `NS` is the host `NAME.NS.svc.cluster.local`, and speaks HTTP. A port that a workload serves and the ServiceEntry does not
 * list is added to the service.
 *
 * @param config - What files declare.
 * @param registrations - What workloads say.
 * @returns the services by their full host names; of two ServiceEntries for one host, which namespaces keep apart, both are there.
 */
export function joinServices(config: MeshConfig, registrations: Registrations): readonly Service[] {
  const drafts = new ServiceDrafts()
  for (const entry of config.serviceEntries) {
    for (const { name } of entry.hosts) {
      drafts.declare(name, entry, declaredEndpoints(entry, name, config.workloadEntries))
    }
  }
  for (const service of registrations.services) drafts.of(service).portOf(service)
  for (const workload of registrations.workloads) drafts.of(workload).add(workload)
  return drafts.finish()
}

/**
 * @param registered - What a workload says.
 * @returns the full host name of its service.
 */
export function registeredHost(registered: RegisteredService): string {
  return fullHostName(registered.service, registered.namespace)
}

class ServiceDrafts {
  readonly #byHost = new Map<string, ServiceDraft[]>()

  declare(host: string, entry: ServiceEntry, endpoints: readonly ServiceEndpoint[]): void {
    this.#add(new ServiceDraft(host, entry.namespace, entry, endpoints))
  }

  of(registered: RegisteredService): ServiceDraft {
    const host = registeredHost(registered)
    const same = this.#byHost.get(host) ?? []
    const found = same.find((draft) => draft.namespace === registered.namespace) ?? same[0]
    return found ?? this.#add(new ServiceDraft(host, registered.namespace, undefined, []))
  }

  finish(): readonly Service[] {
    return [...this.#byHost.values()].flatMap((drafts) => drafts.map((draft) => draft.finish()))
  }

  #add(draft: ServiceDraft): ServiceDraft {
    this.#byHost.set(draft.host, [...(this.#byHost.get(draft.host) ?? []), draft])
    return draft
  }
}

class ServiceDraft {
  readonly host: string
  readonly namespace: string
  readonly #entry: ServiceEntry | undefined
  readonly #ports: ServicePort[]
  readonly #endpoints: ServiceEndpoint[] = []
  readonly #taken = new Set<string>()

  constructor(host: string, namespace: string, entry: ServiceEntry | undefined, endpoints: readonly ServiceEndpoint[]) {
    this.host = host
    this.namespace = namespace
    this.#entry = entry
    this.#ports = [...(entry?.ports ?? [])]
    for (const endpoint of endpoints) this.#addEndpoint(endpoint)
  }

  portOf(registered: RegisteredService): number {
    const number = registered.servicePort ?? this.#ports[0]?.number ?? defaultServicePort
    if (!this.#ports.some((port) => port.number === number)) {
      this.#ports.push({ name: `http-${number}`, number, targetPort: number, protocol: 'http' })
    }
    return number
  }

  add(workload: RegisteredWorkload): void {
    this.#addEndpoint({
      workload: workload.service,
      namespace: workload.namespace,
      address: workload.address,
      ports: new Map([[this.portOf(workload), workload.port]]),
      labels: workload.labels,
      locality: workload.locality,
      weight: workload.weight ?? 1,
      serviceAccount: '',
    })
  }

  // Clients refuse an assignment that names an address twice (gRFC A27). What comes first counts: a file before a workload.
  #addEndpoint(endpoint: ServiceEndpoint): void {
    const addresses = socketAddresses(endpoint)
    if (addresses.some((address) => this.#taken.has(address))) return
    for (const address of addresses) this.#taken.add(address)
    this.#endpoints.push(endpoint)
  }

  #discovery(): ServiceDiscovery {
    switch (this.#entry?.resolution) {
      case 'DNS':
        return 'dns'
      case 'DNS_ROUND_ROBIN':
        return 'logical-dns'
      case 'NONE':
        // Workloads that registered themselves are better than none.
        return this.#endpoints.length === 0 ? 'original-destination' : 'registry'
      case 'STATIC':
      case 'DYNAMIC_DNS':
      case undefined:
        return 'registry'
    }
  }

  finish(): Service {
    return {
      host: this.host,
      namespace: this.namespace,
      ports: this.#ports,
      addresses: this.#entry?.addresses ?? [],
      discovery: this.#discovery(),
      endpoints: this.#endpoints,
      visibility: this.#entry?.visibility ?? 'all',
    }
  }
}

function socketAddresses(endpoint: ServiceEndpoint): readonly string[] {
  return [...endpoint.ports].map(([servicePort, port]) => `${servicePort} ${endpoint.address} ${port}`)
}

function declaredEndpoints(
  entry: ServiceEntry,
  host: string,
  workloads: readonly WorkloadEntry[],
): readonly ServiceEndpoint[] {
  // Endpoints that are wherever the caller was going are not known here, nor those that a wildcard stands for.
  if (entry.resolution === 'NONE' || entry.resolution === 'DYNAMIC_DNS') return []
  const inline = entry.endpoints.map((spec, index) => endpointOf(entry, `${entry.name}-${index}`, spec))
  if (entry.resolution !== 'STATIC' && inline.length === 0) {
    return host.startsWith('*') ? [] : [endpointOf(entry, entry.name, hostItself(host))]
  }
  // All addresses of a DNS name are one endpoint, and there can be no second.
  if (entry.resolution === 'DNS_ROUND_ROBIN') return inline.slice(0, 1)
  const { workloadSelector } = entry
  const selected =
    workloadSelector === undefined
      ? []
      : workloads
          .filter(
            (workload) => workload.namespace === entry.namespace && hasLabels(workload.spec.labels, workloadSelector),
          )
          .map((workload) => endpointOf(entry, workload.name, workload.spec))
  return [...inline, ...selected]
}

/** Without endpoints, the name of the service is what DNS is asked for (Istio, ServiceEntry.resolution). */
function hostItself(host: string): WorkloadSpec {
  const locality = { region: '', zone: '', subZone: '' }
  return { address: host, ports: {}, labels: {}, locality, weight: 1, serviceAccount: '' }
}

function endpointOf(entry: ServiceEntry, workload: string, spec: WorkloadSpec): ServiceEndpoint {
  const ports = entry.ports.map((port) => [port.number, spec.ports[port.name] ?? port.targetPort] as const)
  return {
    workload,
    namespace: entry.namespace,
    address: spec.address,
    ports: new Map(ports),
    labels: spec.labels,
    locality: spec.locality,
    weight: spec.weight,
    serviceAccount: spec.serviceAccount,
  }
}
