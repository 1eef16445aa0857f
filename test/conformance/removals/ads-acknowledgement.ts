import type { Removal } from './removal.js'

/** What the rows about ADS acknowledgement are about. */
export const adsAcknowledgement: readonly Removal[] = [
  {
    row: 1,
    without: 'the version before in a NACK: it has the version that it refuses',
    file: 'xds/src/ads/protocol/sotw-protocol.ts',
    code: 'this.#nonce = answer.nonce',
    becomes: 'this.#nonce = answer.nonce; this.#version = answer.version',
  },
  {
    row: 1,
    without: 'the nonce of the response that is answered',
    file: 'xds/src/ads/protocol/sotw-protocol.ts',
    code: 'responseNonce: this.#nonce',
    becomes: "responseNonce: this.#nonce && 'some'",
  },
  {
    row: 2,
    without: 'an empty version in the NACK of a first response',
    file: 'xds/src/ads/protocol/sotw-protocol.ts',
    code: 'this.#nonce = answer.nonce',
    becomes: 'this.#nonce = answer.nonce; this.#version ||= answer.version',
  },
  {
    row: 4,
    without: 'the memory of what was refused',
    file: 'xds/src/source/watched-resource.ts',
    code: 'return rejection?.reason === reason && equalBytes(rejection.bytes, bytes) ? rejection : undefined',
    becomes: 'return undefined',
  },
  {
    row: 8,
    without: 'the version that outlives the stream',
    file: 'xds/src/ads/protocol/sotw-protocol.ts',
    code: 'this.#names = undefined',
    becomes: "this.#names = undefined; this.#version = ''",
  },
  {
    row: 8,
    without: 'the end of the nonce with its stream',
    file: 'xds/src/ads/protocol/sotw-protocol.ts',
    code: "this.#nonce = ''",
    becomes: '',
  },
  {
    row: 14,
    without: 'keeping the node to the first request of a stream',
    file: 'xds/src/ads/ads-client.ts',
    code: 'this.#nodeIsSent = true',
    becomes: '',
  },
  {
    row: 14,
    without: 'the node on the second stream',
    file: 'xds/src/ads/ads-client.ts',
    code: 'this.#nodeIsSent = false',
    becomes: '',
  },
  {
    row: 16,
    without: 'the id of the node in errors',
    file: 'xds/src/ads/ads-client.ts',
    code: "return this.#nodeId === ''",
    becomes: 'return true',
  },
  {
    row: 23,
    without: 'the good resources of a response that has a bad one',
    file: 'xds/src/ads/apply-response.ts',
    code: "if (decoded.kind === 'malformed') return reject(resource, change, 'malformed', decoded.errors, context)",
    becomes:
      "if (decoded.kind === 'malformed') { context.spoilt = true; return reject(resource, change, 'malformed', decoded.errors, context) } if (context.spoilt) return undefined",
  },
  {
    row: 23,
    without: 'the NACK of a response that has a good resource',
    file: 'xds/src/ads/type-subscription.ts',
    code: 'if (verdict.complaints.length === 0)',
    becomes: 'if (verdict.complaints.length < verdict.present.size || verdict.complaints.length === 0)',
  },
  {
    row: 30,
    without: 'the NACK of bytes that nobody can read',
    file: 'xds/src/ads/apply-response.ts',
    code: 'complaints.push(rejection?.complaint ?? complaint)',
    becomes: '',
  },
  {
    row: 30,
    without: 'the guard around the parser',
    file: 'xds/src/resource/decode-resource.ts',
    code: 'opened = reader.open(bytes)',
    becomes: 'process.exit(1)',
    ends: true,
  },
]
