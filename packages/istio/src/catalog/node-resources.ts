import { Listener, TypeUrl } from '@inmesh/xds-proto'
import { inboundListener } from '../translate/inbound-listener.js'
import { inboundListenAddress } from '../translate/resource-name.js'
import { type NamedResource, namedResource } from './named-resource.js'
import type { ResourceIndex } from './resource-index.js'

/** Types in the order in which a change is safe to send: what is referred to before what refers to it. */
const types = [TypeUrl.Cluster, TypeUrl.ClusterLoadAssignment, TypeUrl.Listener, TypeUrl.RouteConfiguration] as const

/** Everything that one kind of caller gets, as of one state of the catalog. Resources are made when they are asked for. */
export class NodeResources {
  readonly #index: ResourceIndex
  readonly #earlier: ReadonlyMap<string, NamedResource>
  readonly #made = new Map<string, NamedResource>()

  /**
   * @internal
   * @param index - What there is.
   * @param before - What the same kind of caller got before: what is equal stays the same object.
   */
  constructor(index: ResourceIndex, before?: NodeResources) {
    this.#index = index
    const earlier = before === undefined ? [] : [...before.#earlier, ...before.#made]
    this.#earlier = new Map(earlier.filter(([, { typeUrl, name }]) => index.has(typeUrl, name)))
  }

  /**
   * @param typeUrl - Full type URL.
   * @param name - Name; that of a listener may hold any of its host's names, or be that of an inbound listener.
   * @returns the resource, or undefined when there is none.
   */
  get(typeUrl: string, name: string): NamedResource | undefined {
    const key = `${typeUrl} ${name}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const bytes = this.#index.encode(typeUrl, name) ?? inboundBytes(this.#index, typeUrl, name)
    if (bytes === undefined) return undefined
    const fresh = namedResource(typeUrl, name, bytes)
    const earlier = this.#earlier.get(key)
    const resource = earlier?.version === fresh.version ? earlier : fresh
    this.#made.set(key, resource)
    return resource
  }

  /**
   * @param typeUrl - Full type URL.
   * @returns all resources of the type; listeners by the full names of their hosts only, and no inbound ones.
   */
  all(typeUrl: string): readonly NamedResource[] {
    return this.#resources(typeUrl, this.#index.names(typeUrl))
  }

  /** All resources of all types, and listeners by every name that their hosts have for the caller. */
  everything(): readonly NamedResource[] {
    const aliases = this.#resources(TypeUrl.Listener, this.#index.aliases())
    return [...types.flatMap((typeUrl) => this.all(typeUrl)), ...aliases]
  }

  #resources(typeUrl: string, names: readonly string[]): readonly NamedResource[] {
    return names.map((name) => this.get(typeUrl, name)).filter((resource) => resource !== undefined)
  }
}

function inboundBytes(index: ResourceIndex, typeUrl: string, name: string): Uint8Array | undefined {
  if (typeUrl !== TypeUrl.Listener) return undefined
  const address = inboundListenAddress(name)
  if (address === undefined) return undefined
  const written = index.inboundDocument(address)
  const listener = written === undefined ? inboundListener(name, address) : { ...written, name }
  return Listener.encode(listener).finish()
}
