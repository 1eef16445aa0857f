import { lookup, Resolver } from 'node:dns/promises'
import type { DnsAddress, DnsAnswer, DnsResolver } from './dns-resolver.js'

/** The name does not exist, or has no address of the kind: answers, by which Envoy empties a cluster. */
const NOTHING: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

/**
 * The name servers of this machine. They tell for how long an answer holds; names that they do not have may still stand in the hosts file or
 * be what the operating system knows otherwise, without such a time.
 */
export class SystemDnsResolver implements DnsResolver {
  readonly #resolver = new Resolver()

  async resolve(name: string, version: 4 | 6): Promise<DnsAnswer> {
    try {
      const records = await (version === 4
        ? this.#resolver.resolve4(name, { ttl: true })
        : this.#resolver.resolve6(name, { ttl: true }))
      return answer(records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1000 })))
    } catch (error) {
      return lookUp(name, version, codeOf(error))
    }
  }
}

async function lookUp(name: string, version: 4 | 6, code: unknown): Promise<DnsAnswer> {
  try {
    const found = await lookup(name, { family: version, all: true })
    return answer(found.map(({ address }) => ({ address, ttlMs: undefined })))
  } catch (error) {
    if (NOTHING.has(code) && NOTHING.has(codeOf(error))) return answer([])
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function answer(addresses: readonly DnsAddress[]): DnsAnswer {
  return { kind: 'addresses', addresses }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
