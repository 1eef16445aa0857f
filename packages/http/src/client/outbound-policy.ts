import { isIP, isIPv6 } from 'node:net'
import { DomainIndex } from '@inmesh/core'

/** Which hosts calls may go to, and which of them the mesh looks at. Patterns are `host`, `*.suffix` or `*`, compared in lower case. */
export interface OutboundPolicyOptions {
  /** Hosts that calls go to past the mesh, whatever the control plane knows of them. Default: none. */
  readonly bypass?: readonly string[]
  /**
   * What becomes of calls to hosts that the control plane does not know: `allow-any` lets them pass, `registry-only` answers them 502 (Istio,
   * `outboundTrafficPolicy`). Default `allow-any`.
   */
  readonly unknown?: 'allow-any' | 'registry-only'
  /** Hosts outside the mesh that may be called under `registry-only`. Default: none. */
  readonly allowed?: readonly string[]
  /**
   * Addresses and names of this machine (`127.0.0.1`, `localhost`) that are looked at although the mesh passes such hosts by. No pattern, and
   * no address of the link itself, where clouds keep their metadata. Other names are left out of account. Default: none.
   */
  readonly addresses?: readonly string[]
}

/** Decides by a host's name alone, once for each origin that requests name. */
export class OutboundPolicy {
  readonly #bypass: DomainIndex<true>
  readonly #allowed: DomainIndex<true> | undefined
  readonly #addresses: ReadonlySet<string>

  /**
   * @param options - The policy.
   */
  constructor({ bypass = [], unknown, allowed = [], addresses = [] }: OutboundPolicyOptions = {}) {
    this.#bypass = patterns(bypass)
    this.#allowed = unknown === 'registry-only' ? patterns(allowed) : undefined
    this.#addresses = new Set(addresses.map((host) => (isIPv6(host) ? `[${host}]` : host)))
  }

  /**
   * Whether the mesh looks at requests to a host: not at those to this machine and to addresses, which are no names of services, unless they
   * are named one by one.
   *
   * @param host - As in a URL, in lower case, an IPv6 address in brackets.
   */
  meets(host: string): boolean {
    if (host === '' || isLinkLocal(host) || this.#bypass.find(host) === true) return false
    return (!isLocal(host) && !isAddress(host)) || this.#addresses.has(host)
  }

  /**
   * Whether a host that is not in the mesh may be called. This machine always may: nothing leaves it.
   *
   * @param host - As for {@link OutboundPolicy.meets}.
   */
  allows(host: string): boolean {
    if (this.#allowed === undefined || isLocal(host) || isLinkLocal(host)) return true
    return this.#allowed.find(host) === true || this.#bypass.find(host) === true
  }
}

function patterns(list: readonly string[]): DomainIndex<true> {
  const index = new DomainIndex<true>()
  for (const pattern of list) index.add(pattern, true)
  return index
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIP(host) !== 0
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** RFC 3927 and RFC 4291, 2.5.6. */
function isLinkLocal(host: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(host) || /^\[fe[89ab][0-9a-f]:/.test(host)
}
