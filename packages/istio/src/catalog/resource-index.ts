import {
  type ApiListener,
  Cluster,
  ClusterLoadAssignment,
  create,
  Listener,
  RouteConfiguration,
  TypeUrl,
} from '@inmesh/xds-proto'
import { shortHostNames } from '../host/host-name.js'
import type { ServicePort } from '../model/service-entry.js'
import type { XdsDocument } from '../model/xds-document.js'
import type { MeshView } from '../registry/mesh-view.js'
import type { Service } from '../registry/service.js'
import { assignment } from '../translate/assignment.js'
import { cluster } from '../translate/cluster.js'
import { outboundApiListener, outboundListener, socketAddress } from '../translate/listener.js'
import {
  clusterName,
  inboundListenAddress,
  type ListenAddress,
  routeConfigurationName,
} from '../translate/resource-name.js'
import { routeConfiguration } from '../translate/route-configuration.js'

/** Makes the bytes of a resource when somebody asks for it. */
type Encode = () => Uint8Array

const everyAddress = ['0.0.0.0', '::']

/** What there is for one caller, by type and name, none of it made yet. */
export class ResourceIndex {
  readonly #encoders = new Map<string, Map<string, Encode>>()
  // Listeners under a service's shorter names are found by name and are not part of the list of all: they would repeat it.
  readonly #aliases = new Map<string, Encode>()

  /**
   * @param view - The mesh as the caller sees it.
   * @param documents - xDS resources written directly; they take the place of translated ones.
   */
  constructor(view: MeshView, documents: readonly XdsDocument[]) {
    for (const service of view.services.values()) this.#addService(view, service)
    for (const { typeUrl, name, bytes } of documents) this.#add(typeUrl, name, () => bytes)
  }

  /**
   * @param typeUrl - Full type URL.
   * @param name - Name of a resource.
   * @returns its bytes, or undefined when there is none.
   */
  encode(typeUrl: string, name: string): Uint8Array | undefined {
    const encode = this.#encoders.get(typeUrl)?.get(name)
    if (encode !== undefined) return encode()
    return typeUrl === TypeUrl.Listener ? this.#aliases.get(name)?.() : undefined
  }

  /**
   * @param typeUrl - Full type URL.
   * @param name - Name of a resource.
   * @returns whether there is such a resource.
   */
  has(typeUrl: string, name: string): boolean {
    return this.#encoders.get(typeUrl)?.has(name) === true || (typeUrl === TypeUrl.Listener && this.#aliases.has(name))
  }

  /**
   * @param typeUrl - Full type URL.
   * @returns the names of all resources of the type, listeners by the full name of their host.
   */
  names(typeUrl: string): readonly string[] {
    return [...(this.#encoders.get(typeUrl)?.keys() ?? [])]
  }

  /** Names of listeners by the shorter names of their host. */
  aliases(): readonly string[] {
    return [...this.#aliases.keys()]
  }

  /**
   * @param address - Where a server listens.
   * @returns the listener that is written for servers on every address of the port, with the address of this one; undefined when there is none.
   */
  inboundDocument({ address, port }: ListenAddress): Listener | undefined {
    for (const [name, encode] of this.#encoders.get(TypeUrl.Listener) ?? []) {
      const written = inboundListenAddress(name)
      if (written?.port !== port || !everyAddress.includes(written.address)) continue
      return { ...Listener.decode(encode()), address: socketAddress(address, port) }
    }
    return undefined
  }

  #addService(view: MeshView, service: Service): void {
    const subsets = ['', ...(view.destinationRule(service.host)?.subsets.map((subset) => subset.name) ?? [])]
    for (const port of service.ports) {
      const encodeListener = listenerEncoder(service, port.number)
      const listenerName = `${service.host}:${port.number}`
      this.#add(TypeUrl.Listener, listenerName, () => encodeListener(listenerName))
      for (const short of shortHostNames(service.host, view.node.namespace)) {
        const alias = `${short}:${port.number}`
        this.#aliases.set(alias, () => encodeListener(alias))
      }
      this.#add(TypeUrl.RouteConfiguration, routeConfigurationName(port.number, service.host), () =>
        RouteConfiguration.encode(routeConfiguration(view, service, port)).finish(),
      )
      for (const subset of subsets) {
        const name = clusterName(port.number, subset, service.host)
        this.#add(TypeUrl.Cluster, name, () => Cluster.encode(cluster(view, service, port, subset)).finish())
        this.#add(TypeUrl.ClusterLoadAssignment, name, () =>
          ClusterLoadAssignment.encode(ownAssignment(view, service, port, subset)).finish(),
        )
      }
    }
  }

  #add(typeUrl: string, name: string, encode: Encode): void {
    let ofType = this.#encoders.get(typeUrl)
    if (ofType === undefined) {
      ofType = new Map()
      this.#encoders.set(typeUrl, ofType)
    }
    ofType.set(name, encode)
    if (typeUrl === TypeUrl.Listener) this.#aliases.delete(name)
  }
}

// A listener is the same under each of its names, but for the name.
function listenerEncoder(service: Service, port: number): (name: string) => Uint8Array {
  let apiListener: ApiListener | undefined
  return (name) => {
    apiListener ??= outboundApiListener(service, port)
    return Listener.encode(outboundListener(name, service, port, apiListener)).finish()
  }
}

/** What others know of a service's endpoints stands in its cluster, and the resource is empty, as istiod's is. */
function ownAssignment(view: MeshView, service: Service, port: ServicePort, subset: string): ClusterLoadAssignment {
  if (service.discovery === 'registry') return assignment(view, service, port, subset)
  return create(ClusterLoadAssignment, { clusterName: clusterName(port.number, subset, service.host) })
}
