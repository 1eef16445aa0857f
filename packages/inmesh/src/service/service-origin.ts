import { MeshError } from '@inmesh/core'
import type { RequestInfo } from 'undici'

/** Where a service is: what its calls may name, and what paths are relative to. */
export class ServiceOrigin {
  /** Scheme, host and, where it is not the scheme's own, port. */
  readonly origin: string
  /** The same without `http://`; one name for each service however it is written. */
  readonly name: string

  private constructor(origin: string) {
    this.origin = origin
    this.name = origin.startsWith('http://') ? origin.slice('http://'.length) : origin
  }

  /**
   * @param name - `host`, `host:port`, or either behind `http://` or `https://`.
   * @throws MeshError ERR_INMESH_OPTIONS when it is anything else.
   */
  static parse(name: string): ServiceOrigin {
    const text = typeof name === 'string' && /^https?:\/\//i.test(name) ? name : `http://${name}`
    // What else a URL may hold would be dropped in silence.
    if (typeof name !== 'string' || !/^https?:\/\/[^/\\?#@\s]+$/i.test(text) || !URL.canParse(text)) {
      const given = typeof name === 'string' ? JSON.stringify(name) : typeof name
      throw new MeshError(
        'ERR_INMESH_OPTIONS',
        `a service is named by its host, such as reviews or reviews.shop:9080, not by ${given}`,
        { place: { field: 'name' } },
      )
    }
    return new ServiceOrigin(new URL(text).origin)
  }

  /**
   * @param input - Path, with or without its first slash, absolute URL or request.
   * @returns what to fetch; undefined when the input names another origin.
   */
  resolve(input: RequestInfo): RequestInfo | undefined {
    if (typeof input === 'string') {
      // By far the most calls; of a path nothing can reach into the host.
      if (input.startsWith('/')) return this.origin + input
      if (!URL.canParse(input)) return `${this.origin}/${input}`
      return this.#holds(input) ? input : undefined
    }
    return this.#holds(input instanceof URL ? input.href : input.url) ? input : undefined
  }

  #holds(url: string): boolean {
    return URL.canParse(url) && new URL(url).origin === this.origin
  }
}
