import { isIP } from 'node:net'
import type { DataPlane, Target } from '@inmesh/core'

/** What an origin (`http://reviews.shop:9080`) means to the mesh. Made once for each origin that requests name. */
export class Origin {
  /** Host and, where it is not 80, port; lower case. */
  readonly authority: string
  readonly #name: string
  #target: Target | undefined

  private constructor(authority: string, name: string) {
    this.authority = authority
    this.#name = name
  }

  /**
   * @param origin - Scheme, host and perhaps port.
   * @returns undefined when the mesh never looks at requests to it: another scheme than `http:`, an IP address, `localhost`, or no origin
   * at all.
   */
  static parse(origin: string): Origin | undefined {
    if (!URL.canParse(origin)) return undefined
    const url = new URL(origin)
    if (url.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined
    const host = url.hostname
    if (host === '' || host === 'localhost' || host.endsWith('.localhost')) return undefined
    if (host.startsWith('[') || isIP(host) !== 0) return undefined
    return new Origin(url.host, `${host}:${url.port === '' ? '80' : url.port}`)
  }

  /**
   * The target that requests go to.
   *
   * @param plane - The mesh's data plane.
   */
  target(plane: DataPlane): Target {
    let target = this.#target
    // A target that nobody used for a while was closed; the plane makes a new one.
    if (target === undefined || target.state === 'closed') {
      target = plane.target(this.#name)
      this.#target = target
    }
    target.used = true
    return target
  }
}

/** A service talks to few hosts; a crawler talks to many, and must not fill the memory. */
const LIMIT = 4096

/** Origins by the string that requests name them by, so that no URL is parsed per request. */
export class OriginTable {
  readonly #origins = new Map<string, Origin | null>()

  /**
   * @param origin - As given to `dispatch`.
   * @returns null when the mesh never looks at requests to it.
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
    const origin = Origin.parse(key) ?? null
    if (this.#origins.size >= LIMIT) this.#origins.delete(this.#origins.keys().next().value!)
    this.#origins.set(key, origin)
    return origin
  }
}
