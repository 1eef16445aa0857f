import { isIP } from 'node:net'
import type { EndpointAssignment, EndpointConfig } from '@inmesh/core'
import { type DnsPorts, NameLookup } from '../dns/name-lookup.js'
import type { DnsDiscovery } from '../resource/cluster/cluster-resource.js'
import { keepIfEqual } from './keep-if-equal.js'

/** The endpoints of a cluster whose hosts are names. */
export class DnsEndpoints {
  readonly #discovery: DnsDiscovery
  readonly #lookups = new Map<string, NameLookup>()
  readonly #changed: () => void
  #assignment: EndpointAssignment | undefined

  /**
   * @param discovery - The names, and how they are looked up.
   * @param ports - What they are looked up with.
   * @param changed - Called after {@link DnsEndpoints.assignment} changed; not from inside.
   */
  constructor(discovery: DnsDiscovery, ports: DnsPorts, changed: () => void) {
    this.#discovery = discovery
    this.#changed = changed
    for (const { endpoints } of discovery.endpoints.assignment.localities) {
      for (const { host } of endpoints) {
        if (isIP(host) !== 0 || this.#lookups.has(host)) continue
        this.#lookups.set(host, new NameLookup(host, discovery.settings, ports, () => this.#answered()))
      }
    }
    // All may be IP addresses.
    if (this.#lookups.size === 0) this.#assignment = this.#resolve()
  }

  /** The endpoints; undefined until every name was looked up once. A name that could not be has none. */
  get assignment(): EndpointAssignment | undefined {
    return this.#assignment
  }

  /** Wishes for new addresses of all names, see {@link NameLookup.lookUpAgain}. */
  lookUpAgain(): void {
    for (const lookup of this.#lookups.values()) lookup.lookUpAgain()
  }

  /** Ends all lookups. */
  close(): void {
    for (const lookup of this.#lookups.values()) lookup.close()
  }

  #answered(): void {
    for (const { addresses } of this.#lookups.values()) if (addresses === undefined) return
    const before = this.#assignment
    this.#assignment = keepIfEqual(before, this.#resolve())
    if (this.#assignment !== before) this.#changed()
  }

  #resolve(): EndpointAssignment {
    const { assignment } = this.#discovery.endpoints
    const before = new Map<string, EndpointConfig>()
    for (const { endpoints } of this.#assignment?.localities ?? []) {
      for (const endpoint of endpoints) before.set(endpoint.key, endpoint)
    }
    // Two names, or a name that stands there twice, may lead to the same address, which is one endpoint.
    const taken = new Set<string>()
    const localities = assignment.localities.map((locality) => ({
      ...locality,
      endpoints: locality.endpoints
        .flatMap((endpoint) => this.#resolveEndpoint(endpoint))
        .filter(({ key }) => !taken.has(key) && taken.add(key))
        .map((endpoint) => keepIfEqual(before.get(endpoint.key), endpoint)),
    }))
    return { ...assignment, localities }
  }

  #resolveEndpoint(endpoint: EndpointConfig): readonly EndpointConfig[] {
    const addresses = this.#lookups.get(endpoint.host)?.addresses
    if (addresses === undefined) return [endpoint]
    const hostname = endpoint.hostname || endpoint.host
    if (this.#discovery.logical) {
      const [host, ...additionalHosts] = addresses
      // gRFC A81: the name that was looked up, with its port.
      const authority = `${endpoint.host}:${endpoint.port}`
      return host === undefined ? [] : [{ ...endpoint, host, additionalHosts, hostname, authority }]
    }
    // In an order of its own: name servers turn theirs around with every answer.
    return [...addresses].sort().map((host) => {
      const key = isIP(host) === 6 ? `[${host}]:${endpoint.port}` : `${host}:${endpoint.port}`
      return { ...endpoint, key, host, hostname }
    })
  }
}
