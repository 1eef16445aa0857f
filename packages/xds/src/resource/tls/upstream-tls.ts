import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { UpstreamTls, View } from '@inmesh/core'
import {
  CertificateValidationContext,
  type Cluster,
  type CommonTlsContext,
  create,
  type UpstreamTlsContext,
} from '@inmesh/xds-proto'
import type { ProtocolOptions } from '../cluster/protocol-options.js'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedFor } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateOwnCertificate } from './own-certificate.js'
import { translateParameters } from './tls-parameters.js'
import { translateValidation } from './validation-context.js'

const BOTH: readonly View[] = ['http', 'grpc']

const NO_PROVIDERS = refusedFor(BOTH, 'providers of certificates are not supported yet')

const FIELDS = new FieldTreatments<UpstreamTlsContext>({
  commonTlsContext: CARRIED,
  sni: CARRIED,
  autoHostSni: CARRIED,
  autoSniSanValidation: CARRIED,
  allowRenegotiation: leftOut('a server that asks for it loses its connection'),
  // Sessions are not kept: who resumes one is not verified again.
  maxSessionKeys: MOOT,
  enforceRsaKeyUsage: leftOut('what a key of RSA may be used for is left to OpenSSL'),
})

const COMMON_FIELDS = new FieldTreatments<CommonTlsContext>({
  tlsParams: CARRIED,
  tlsCertificates: CARRIED,
  validationContextType: CARRIED,
  alpnProtocols: CARRIED,
  tlsCertificateSdsSecretConfigs: refusedFor(BOTH, 'secrets are not asked for over SDS yet'),
  tlsCertificateProviderInstance: NO_PROVIDERS,
  tlsCertificateCertificateProvider: NO_PROVIDERS,
  tlsCertificateCertificateProviderInstance: NO_PROVIDERS,
  customTlsCertificateSelector: refusedFor(BOTH, 'certificates are not chosen by extensions'),
  customHandshaker: refusedFor(BOTH, 'handshakes are not made by extensions'),
  keyLog: leftOut('keys of connections are never written anywhere'),
})

/**
 * Translates how the connections to a cluster are secured. What would weaken verification if it were left out refuses the cluster, as does all that
 * cannot be made ready now: its calls fail, and never go out in plaintext.
 *
 * @param scope - The context.
 * @param context - The context.
 * @param cluster - The cluster.
 * @param extension - Its options for HTTP.
 * @param refusals - Its refusals.
 * @returns undefined where it is refused.
 */
export function translateUpstreamTls(
  scope: FieldScope,
  context: UpstreamTlsContext,
  cluster: Cluster,
  extension: ProtocolOptions | undefined,
  refusals: ViewReasons,
): UpstreamTls | undefined {
  FIELDS.apply(scope, context, refusals)
  const place = scope.at('common_tls_context')
  const common = context.commonTlsContext
  if (common !== undefined) COMMON_FIELDS.apply(place, common, refusals)
  const { authorities, names } = validation(place, common, refusals)
  const certificate = translateOwnCertificate(place, common?.tlsCertificates ?? [], refusals)
  const options = extension?.options.upstreamHttpProtocolOptions ?? cluster.upstreamHttpProtocolOptions
  if (options?.overrideAutoSniHeader) {
    const where = (extension?.scope ?? scope).at('upstream_http_protocol_options').at('override_auto_sni_header')
    refusals.add(where, 'server names are not taken from headers', ['http'])
  }
  const parameters = translateParameters(place.at('tls_params'), common?.tlsParams, refusals)
  if (authorities === undefined || refusals.has('http')) return undefined
  const tls: UpstreamTls = {
    authorities,
    ...(certificate && { certificate }),
    names,
    serverName: context.sni,
    asksForEndpoint: context.autoHostSni,
    asksForHost: options?.autoSni === true,
    verifiesServerName: context.autoSniSanValidation,
    verifiesHost: options?.autoSanValidation === true,
    protocols: common?.alpnProtocols ?? [],
    ...parameters,
  }
  return isUsable(scope, tls, refusals) ? tls : undefined
}

function validation(
  scope: FieldScope,
  common: CommonTlsContext | undefined,
  refusals: ViewReasons,
): ReturnType<typeof translateValidation> {
  const type = common?.validationContextType
  switch (type?.$case) {
    case 'validationContext':
      return translateValidation(scope.at('validation_context'), type.value, refusals)
    case 'combinedValidationContext':
      refusals.add(scope.at('combined_validation_context'), 'providers of certificates and SDS are not supported yet')
      break
    case 'validationContextSdsSecretConfig':
      refusals.add(scope.at('validation_context_sds_secret_config'), 'secrets are not asked for over SDS yet')
      break
    case 'validationContextCertificateProvider':
    case 'validationContextCertificateProviderInstance':
      refusals.add(scope, 'providers of certificates are not supported yet')
      break
    case undefined:
      return translateValidation(scope.at('validation_context'), create(CertificateValidationContext), refusals)
  }
  return { authorities: undefined, names: [] }
}

/** What OpenSSL does not take is told with the resource, and not by every call. Of what it says of keys nothing is told. */
function isUsable(scope: FieldScope, tls: UpstreamTls, refusals: ViewReasons): boolean {
  const { authorities, certificate, minVersion, maxVersion, ciphers, curves, signatureAlgorithms } = tls
  const place = scope.at('common_tls_context')
  try {
    if (authorities.kind === 'certificates') new X509Certificate(authorities.text)
  } catch {
    refusals.add(place.at('validation_context').at('trusted_ca'), 'is no certificate in PEM')
    return false
  }
  try {
    createSecureContext({
      minVersion,
      maxVersion,
      ...(ciphers !== undefined && { ciphers }),
      ...(curves !== undefined && { ecdhCurve: curves }),
      ...(signatureAlgorithms !== undefined && { sigalgs: signatureAlgorithms }),
    })
  } catch (error) {
    refusals.add(place.at('tls_params'), `OpenSSL does not take them: ${(error as Error).message}`)
    return false
  }
  try {
    if (certificate === undefined) return true
    const { chain, key, passphrase } = certificate
    createSecureContext({ cert: chain, key, passphrase })
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    refusals.add(place.at('tls_certificates', 0), `certificate and key cannot be used together (${code})`)
    return false
  }
  return true
}
