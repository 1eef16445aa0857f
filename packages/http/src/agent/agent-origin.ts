import type { RequestOptions } from 'node:http'
import { isIPv6 } from 'node:net'
import { MeshError } from '@inmesh/core'

/** Schemes of node's agents. */
export type AgentScheme = 'http' | 'https'

/** What would end the host in a URL, so that the rest of it meant something else. */
const NO_HOST = /[\s:/?#@[\]\\]/

/** Where the requests of one connection go. */
export class AgentOrigin {
  /** `http://host:port`; the port only where it is not the scheme's. */
  readonly origin: string
  /** Host and, where it is not the scheme's, port: what node's client writes as `host`. */
  readonly authority: string

  /**
   * @param scheme - Scheme of the agent.
   * @param options - Options of a request.
   * @throws MeshError ERR_INMESH_OPTIONS when the host is none.
   */
  constructor(scheme: AgentScheme, options: RequestOptions) {
    const host = options.host ?? 'localhost'
    if (!isIPv6(host) && NO_HOST.test(host)) {
      throw new MeshError('ERR_INMESH_OPTIONS', `${JSON.stringify(host)} is not the name or address of a host`)
    }
    const port = Number(options.port)
    const name = isIPv6(host) ? `[${host}]` : host
    this.authority = port === (scheme === 'http' ? 80 : 443) ? name : `${name}:${port}`
    this.origin = `${scheme}://${this.authority}`
  }
}
