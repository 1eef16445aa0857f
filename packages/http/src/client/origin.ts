import type { DataPlane, Target } from '@inmesh/core'
import type { CallTarget } from './call-target.js'
import { OpaqueTarget } from './opaque-target.js'
import type { OutboundPolicy } from './outbound-policy.js'

/** What an origin (`http://reviews.shop:9080`) means to the mesh. Made once for each origin that requests name. */
export class Origin {
  /** Host and, where it is not the scheme's own, port; lower case. */
  readonly authority: string
  /** `http` or `https`. */
  readonly scheme: string
  /** Host; lower case. */
  readonly host: string
  /** Port, that of the scheme where it names none. */
  readonly port: number
  /** Host, an IPv6 address without its brackets: what a certificate must be for. */
  readonly bareHost: string
  /** Whether the scheme is `https:`. */
  readonly secure: boolean
  /** Whether requests may go there where the control plane does not know it. */
  readonly allowed: boolean
  /** Undefined when the mesh never looks at requests to it. */
  readonly #name: string | undefined
  #target: Target | undefined
  #opaqueTarget: OpaqueTarget | undefined

  private constructor({ host, hostname, port, protocol }: URL, met: boolean, allowed: boolean) {
    this.authority = host
    this.scheme = protocol.slice(0, -1)
    this.host = hostname
    this.secure = protocol === 'https:'
    this.port = port === '' ? (this.secure ? 443 : 80) : Number(port)
    this.bareHost = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    this.allowed = allowed
    this.#name = met ? `${hostname}:${this.port}` : undefined
  }

  /**
   * @param origin - Scheme, host and perhaps port.
   * @param policy - Which hosts the mesh looks at, and which may be called.
   * @returns undefined when it is no origin of HTTP at all.
   */
  static parse(origin: string, policy: OutboundPolicy): Origin | undefined {
    if (!URL.canParse(origin)) return undefined
    const url = new URL(origin)
    const { hostname: host, pathname, search, hash, protocol } = url
    if ((protocol !== 'http:' && protocol !== 'https:') || pathname !== '/' || search !== '' || hash !== '')
      return undefined
    // The final dot of a whole name is no part of what services and certificates are known by (Istio sets `strip_trailing_host_dot`).
    if (host.length > 1 && host.endsWith('.')) url.hostname = host.slice(0, -1)
    return new Origin(url, policy.meets(url.hostname), policy.allows(url.hostname))
  }

  /**
   * The target that requests go to.
   *
   * @param plane - The mesh's data plane.
   * @returns undefined when the mesh never looks at requests to it.
   */
  target(plane: DataPlane): CallTarget | undefined {
    if (this.#name === undefined) return undefined
    let target = this.#target
    // A target that nobody used for a while was closed; the plane makes a new one.
    if (target === undefined || target.state === 'closed') {
      target = plane.target(this.#name)
      this.#target = target
    }
    target.used = true
    return this.secure ? this.#opaque(target) : target
  }

  #opaque(target: Target): OpaqueTarget {
    if (this.#opaqueTarget?.target !== target) this.#opaqueTarget = new OpaqueTarget(target)
    return this.#opaqueTarget
  }
}

/** A service talks to few hosts; a crawler talks to many, and must not fill the memory. */
const LIMIT = 4096

/** Origins by the string that requests name them by, so that no URL is parsed per request. */
export class OriginTable {
  readonly #origins = new Map<string, Origin | null>()
  readonly #policy: OutboundPolicy

  /**
   * @param policy - Which hosts the mesh looks at, and which may be called.
   */
  constructor(policy: OutboundPolicy) {
    this.#policy = policy
  }

  /**
   * @param origin - As given to `dispatch`.
   * @returns null when it is no origin of HTTP.
   */
  find(origin: string | URL | undefined): Origin | null {
    if (typeof origin === 'string') {
      const known = this.#origins.get(origin)
      if (known !== undefined) return known
    } else if (!(origin instanceof URL)) {
      return null
    }
    return this.#parse(typeof origin === 'string' ? origin : origin.origin)
  }

  #parse(key: string): Origin | null {
    const known = this.#origins.get(key)
    if (known !== undefined) return known
    const origin = Origin.parse(key, this.#policy) ?? null
    if (this.#origins.size >= LIMIT) this.#origins.delete(this.#origins.keys().next().value!)
    this.#origins.set(key, origin)
    return origin
  }
}
