import type { OwnCertificate, View } from '@inmesh/core'
import type { TlsCertificate } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, MOOT, refusedFor } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { readInline } from './data-source.js'

const BOTH: readonly View[] = ['http', 'grpc']

const FIELDS = new FieldTreatments<TlsCertificate>({
  certificateChain: CARRIED,
  privateKey: CARRIED,
  password: CARRIED,
  pkcs12: refusedFor(BOTH, 'PKCS #12 is not read'),
  privateKeyProvider: refusedFor(BOTH, 'providers of keys are not supported'),
  // With files only, which are not read.
  watchedDirectory: MOOT,
  // For servers.
  ocspStaple: MOOT,
  signedCertificateTimestamp: MOOT,
})

/**
 * Translates the certificate that is shown to servers.
 *
 * @param scope - The certificates of the context.
 * @param certificates - The certificates; a client has one at most, as in Envoy.
 * @param refusals - Refusals of the cluster.
 * @returns undefined where there is none, or none that can be used.
 */
export function translateOwnCertificate(
  scope: FieldScope,
  certificates: readonly TlsCertificate[],
  refusals: ViewReasons,
): OwnCertificate | undefined {
  const [certificate] = certificates
  if (certificate === undefined) return undefined
  if (certificates.length > 1) refusals.add(scope.at('tls_certificates'), 'a client has one certificate at most')
  const place = scope.at('tls_certificates', 0)
  FIELDS.apply(place, certificate, refusals)
  const { certificateChain, privateKey, password } = certificate
  if (certificateChain === undefined) refusals.add(place.at('certificate_chain'), 'is required')
  if (privateKey === undefined) refusals.add(place.at('private_key'), 'is required')
  const chain = certificateChain && readInline(place.at('certificate_chain'), certificateChain, refusals)
  const key = privateKey && readInline(place.at('private_key'), privateKey, refusals)
  const passphrase = password && readInline(place.at('password'), password, refusals)
  return chain && key ? { chain, key, ...(passphrase !== undefined && { passphrase }) } : undefined
}
