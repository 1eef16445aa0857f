import type { TlsVersion, UpstreamTls, View } from '@inmesh/core'
import { type TlsParameters, TlsParameters_TlsProtocol } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, refusedFor } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'

const BOTH: readonly View[] = ['http', 'grpc']

const FIELDS = new FieldTreatments<TlsParameters>({
  tlsMinimumProtocolVersion: CARRIED,
  tlsMaximumProtocolVersion: CARRIED,
  cipherSuites: CARRIED,
  ecdhCurves: CARRIED,
  signatureAlgorithms: CARRIED,
  compliancePolicies: refusedFor(BOTH, 'policies of compliance are not supported'),
})

const VERSIONS: Readonly<Record<number, TlsVersion>> = {
  [TlsParameters_TlsProtocol.TLSv1_0]: 'TLSv1',
  [TlsParameters_TlsProtocol.TLSv1_1]: 'TLSv1.1',
  [TlsParameters_TlsProtocol.TLSv1_2]: 'TLSv1.2',
  [TlsParameters_TlsProtocol.TLSv1_3]: 'TLSv1.3',
}

/** Those of TLS 1.3, which a list of Envoy's says nothing of and Node would leave out with any list of others. */
const ALWAYS = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'

/** What of a context the parameters decide. */
export type Parameters = Pick<UpstreamTls, 'minVersion' | 'maxVersion' | 'ciphers' | 'curves' | 'signatureAlgorithms'>

/**
 * Translates versions, ciphers and curves. Where nothing is said, TLS 1.2 and 1.3 with Node's own ciphers; Envoy's clients stop at 1.2 by default.
 *
 * @param scope - The parameters.
 * @param parameters - The parameters, where there are any.
 * @param refusals - Refusals of the cluster.
 */
export function translateParameters(
  scope: FieldScope,
  parameters: TlsParameters | undefined,
  refusals: ViewReasons,
): Parameters {
  if (parameters === undefined) return { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' }
  FIELDS.apply(scope, parameters, refusals)
  const { tlsMinimumProtocolVersion, tlsMaximumProtocolVersion, cipherSuites, ecdhCurves, signatureAlgorithms } =
    parameters
  // `[A|B]` are equals, of which the server chooses.
  const ciphers = cipherSuites.map((suite) => suite.replace(/^\[|\]$/g, '').replaceAll('|', ':'))
  return {
    minVersion: VERSIONS[tlsMinimumProtocolVersion] ?? 'TLSv1.2',
    maxVersion: VERSIONS[tlsMaximumProtocolVersion] ?? 'TLSv1.3',
    ...(ciphers.length > 0 && { ciphers: [ALWAYS, ...ciphers].join(':') }),
    ...(ecdhCurves.length > 0 && { curves: ecdhCurves.join(':') }),
    ...(signatureAlgorithms.length > 0 && { signatureAlgorithms: signatureAlgorithms.join(':') }),
  }
}
