/** One address of a name. */
export interface DnsAddress {
  /** IP literal. */
  readonly address: string
  /** For how long the answer may be used, in milliseconds; undefined where the resolver does not tell. */
  readonly ttlMs: number | undefined
}

/** The name was looked up. */
export interface DnsAddresses {
  /** Tag of the union. */
  readonly kind: 'addresses'
  /** Empty where the name does not exist, or has no address of the kind. */
  readonly addresses: readonly DnsAddress[]
}

/** The name could not be looked up; what was known of it still counts. */
export interface DnsFailure {
  /** Tag of the union. */
  readonly kind: 'failed'
  /** For the log. */
  readonly reason: string
}

/** What a resolver says of a name. A name without addresses is an answer, not a failure. */
export type DnsAnswer = DnsAddresses | DnsFailure

/** Looks names up. */
export interface DnsResolver {
  /**
   * Looks up the addresses of a name.
   *
   * @param name - The name.
   * @param version - Of IP.
   * @returns a promise that is never rejected.
   */
  resolve(name: string, version: 4 | 6): Promise<DnsAnswer>
}
