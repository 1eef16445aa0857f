/** One address of a name. */
export interface DnsAddress {
  /** IP literal. */
  readonly address: string
  /** For how long the answer may be used, in milliseconds; undefined where the resolver does not tell. */
  readonly ttlMs: number | undefined
}

/** What a resolver says of a name. A name without addresses is an answer, not a failure. */
export type DnsAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly DnsAddress[] }
  | { readonly kind: 'failed'; readonly reason: string }

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
