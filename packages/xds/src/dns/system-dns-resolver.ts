import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import type { DnsAddress, DnsAnswer, DnsResolver } from './dns-resolver.js'

/** The name does not exist, or has no address of the kind: answers, by which Envoy empties a cluster. */
const NOTHING: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

/** What a {@link SystemDnsResolver} asks. */
export interface SystemDnsParts {
  /** Asks name servers. Default: those of the machine. */
  readonly servers?: Pick<Resolver, 'resolve4' | 'resolve6'>
  /** Asks the operating system, as `lookup` of `node:dns/promises`, which is the default. */
  readonly lookup?: (
    name: string,
    options: { readonly family: 4 | 6; readonly all: true },
  ) => Promise<readonly Pick<LookupAddress, 'address'>[]>
}

/**
 * The name servers of this machine. They tell for how long an answer holds; names that they do not have may still stand in the hosts file or
 * be what the operating system knows otherwise, without such a time.
 */
export class SystemDnsResolver implements DnsResolver {
  readonly #servers: NonNullable<SystemDnsParts['servers']>
  readonly #lookup: NonNullable<SystemDnsParts['lookup']>

  /**
   * @param parts - What is asked. Default: what the machine asks.
   */
  constructor({ servers = new Resolver(), lookup: ask = lookup }: SystemDnsParts = {}) {
    this.#servers = servers
    this.#lookup = ask
  }

  async resolve(name: string, version: 4 | 6): Promise<DnsAnswer> {
    const servers = this.#servers
    try {
      const records = await (version === 4
        ? servers.resolve4(name, { ttl: true })
        : servers.resolve6(name, { ttl: true }))
      return answer(records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1000 })))
    } catch (error) {
      return this.#lookUp(name, version, error)
    }
  }

  /** @param refusal - Why the name servers gave no address. */
  async #lookUp(name: string, version: 4 | 6, refusal: unknown): Promise<DnsAnswer> {
    try {
      const found = await this.#lookup(name, { family: version, all: true })
      return answer(found.map(({ address }) => ({ address, ttlMs: undefined })))
    } catch (error) {
      const isAnswered = NOTHING.has(codeOf(refusal))
      if (isAnswered && NOTHING.has(codeOf(error))) return answer([])
      const reason = messageOf(error)
      return { kind: 'failed', reason: isAnswered ? reason : `${messageOf(refusal)}; ${reason}` }
    }
  }
}

function answer(addresses: readonly DnsAddress[]): DnsAnswer {
  return { kind: 'addresses', addresses }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
