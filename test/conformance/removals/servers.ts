import type { Removal } from './removal.js'

/** What the rows about servers are about. */
export const servers: readonly Removal[] = [
  {
    row: 37,
    without: 'the value that stays in use after its deletion',
    file: 'xds/src/ads/data-error-policy.ts',
    code: 'dropsDeleted: dropsFailed ||',
    becomes: 'dropsDeleted: true ||',
  },
  {
    row: 37,
    without: 'the memory that there was a listener',
    file: 'core/src/inbound/inbound-listener.ts',
    code: "config !== undefined || this.#state === 'failed'",
    becomes: 'false',
  },
  {
    row: 114,
    without: 'the refusal of requests where a listener is required',
    file: 'http/src/server/inbound-gate.ts',
    code: 'if (this.#plane.required)',
    becomes: 'if (false)',
  },
  {
    row: 114,
    without: 'the word to connections of a listener that changed',
    file: 'http/src/server/inbound-gate.ts',
    code: 'this.isRetired(connectionOf(passenger.request))',
    becomes: 'false',
  },
  {
    row: 115,
    without: 'the check of the address',
    file: 'xds/src/tree/inbound-node.ts',
    code: 'if (listener.catchesAllPorts)',
    becomes: 'if (true)',
  },
  {
    row: 116,
    without: 'the failure of requests without routes',
    file: 'http/src/server/inbound-gate.ts',
    code: 'this.#refuse(passenger, use.error.message)',
    becomes: 'passenger.proceed()',
  },
  {
    row: 117,
    without: 'the listener that stays the same object',
    file: 'xds/src/tree/inbound-node.ts',
    code: 'keepIfEqual(this.#current?.listener, listener)',
    becomes: '{ ...listener }',
  },
  {
    row: 118,
    without: 'the longest network',
    file: 'core/src/inbound/chain-match.ts',
    code: 'if (rank > best) fitting = []',
    becomes: '',
  },
  {
    row: 122,
    without: 'the closing of connections that no chain is for',
    file: 'core/src/inbound/inbound-listener.ts',
    code: 'bestChain(ranked, connection) ?? fallback',
    becomes: 'bestChain(ranked, connection) ?? fallback ?? ranked[0]?.chain',
  },
]
