import type { DnsAnswer, DnsResolver } from '../dns/dns-resolver.js'

/** A resolver whose answers are in the hands of the test. */
export class FakeDnsResolver implements DnsResolver {
  /** What was asked, as `name A` or `name AAAA`. */
  readonly asked: string[] = []
  readonly #answers = new Map<string, DnsAnswer>()

  /** The questions since the last call. */
  take(): string[] {
    return this.asked.splice(0)
  }

  /** A name has these addresses from now on; the kind follows from the addresses. */
  set(name: string, addresses: readonly string[], ttlMs?: number): void {
    const of = (version: 4 | 6): DnsAnswer => ({
      kind: 'addresses',
      addresses: addresses
        .filter((address) => address.includes(':') === (version === 6))
        .map((address) => ({ address, ttlMs })),
    })
    this.#answers.set(`${name} A`, of(4))
    this.#answers.set(`${name} AAAA`, of(6))
  }

  /** A name cannot be looked up from now on. */
  fail(name: string): void {
    for (const type of ['A', 'AAAA']) this.#answers.set(`${name} ${type}`, { kind: 'failed', reason: 'SERVFAIL' })
  }

  async resolve(name: string, version: 4 | 6): Promise<DnsAnswer> {
    const question = `${name} ${version === 4 ? 'A' : 'AAAA'}`
    this.asked.push(question)
    return this.#answers.get(question) ?? { kind: 'addresses', addresses: [] }
  }
}
