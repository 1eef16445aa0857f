import type { AlternativeNameMatch, StringMatch, TrustedAuthorities, View } from '@inmesh/core'
import {
  type CertificateValidationContext,
  SubjectAltNameMatcher_SanType as SanType,
  type StringMatcher,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedFor } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateStringMatch } from '../route/string-match.js'
import { readInline } from './data-source.js'

const BOTH: readonly View[] = ['http', 'grpc']

const NOT_CHECKED = refusedFor(BOTH, 'it cannot be checked yet, and leaving it out would weaken verification')

const STRICTER = leftOut('verification is stricter')

const FIELDS = new FieldTreatments<CertificateValidationContext>({
  trustedCa: CARRIED,
  systemRootCerts: CARRIED,
  caCertificateProviderInstance: refusedFor(BOTH, 'providers of certificates are not supported yet'),
  matchTypedSubjectAltNames: CARRIED,
  matchSubjectAltNames: CARRIED,
  verifyCertificateSpki: NOT_CHECKED,
  verifyCertificateHash: NOT_CHECKED,
  requireSignedCertificateTimestamp: NOT_CHECKED,
  crl: NOT_CHECKED,
  onlyVerifyLeafCertCrl: NOT_CHECKED,
  customValidatorConfig: NOT_CHECKED,
  maxVerifyDepth: NOT_CHECKED,
  allowExpiredCertificate: STRICTER,
  trustChainVerification: STRICTER,
  // With files only, which are not read.
  watchedDirectory: MOOT,
})

const TYPES: Readonly<Record<number, AlternativeNameMatch['type']>> = {
  [SanType.DNS]: 'dns',
  [SanType.URI]: 'uri',
  [SanType.EMAIL]: 'email',
  [SanType.IP_ADDRESS]: 'ip',
}

/** What of a context says whom to believe. */
export interface Validation {
  /** Undefined where nobody is, which is among the refusals then. */
  readonly authorities: TrustedAuthorities | undefined
  /** What a certificate must be for. */
  readonly names: readonly AlternativeNameMatch[]
}

/**
 * Translates how servers are verified. A context that names no authority would believe everybody, and is refused (gRFC A29; Envoy takes it).
 *
 * @param scope - The context.
 * @param context - The context.
 * @param refusals - Refusals of the cluster.
 */
export function translateValidation(
  scope: FieldScope,
  context: CertificateValidationContext,
  refusals: ViewReasons,
): Validation {
  FIELDS.apply(scope, context, refusals)
  return { authorities: authoritiesOf(scope, context, refusals), names: namesOf(scope, context, refusals) }
}

function authoritiesOf(
  scope: FieldScope,
  { trustedCa, systemRootCerts, caCertificateProviderInstance }: CertificateValidationContext,
  refusals: ViewReasons,
): TrustedAuthorities | undefined {
  if (trustedCa !== undefined) {
    const text = readInline(scope.at('trusted_ca'), trustedCa, refusals)
    return text === undefined ? undefined : { kind: 'certificates', text }
  }
  if (systemRootCerts !== undefined) return { kind: 'system' }
  if (caCertificateProviderInstance === undefined) {
    refusals.add(scope.at('trusted_ca'), 'without authorities every server would be believed')
  }
  return undefined
}

function namesOf(
  scope: FieldScope,
  { matchTypedSubjectAltNames, matchSubjectAltNames }: CertificateValidationContext,
  refusals: ViewReasons,
): readonly AlternativeNameMatch[] {
  const names: AlternativeNameMatch[] = []
  const add = (place: FieldScope, type: AlternativeNameMatch['type'], matcher: StringMatcher | undefined): void => {
    const match = matcher === undefined ? undefined : stringMatch(place, matcher, refusals)
    if (match !== undefined) names.push({ type, match })
    // A context with a name less would let more servers pass, as it would without any.
    else refusals.add(place, 'the name cannot be matched')
  }
  // The newer field goes before the older one (Envoy).
  if (matchTypedSubjectAltNames.length === 0) {
    for (const [index, matcher] of matchSubjectAltNames.entries()) {
      add(scope.at('match_subject_alt_names', index), 'any', matcher)
    }
  }
  for (const [index, { sanType, matcher }] of matchTypedSubjectAltNames.entries()) {
    const place = scope.at('match_typed_subject_alt_names', index)
    const type = TYPES[sanType]
    if (type === undefined) refusals.add(place.at('san_type'), 'names of this type are not matched')
    else add(place.at('matcher'), type, matcher)
  }
  return names
}

function stringMatch(scope: FieldScope, matcher: StringMatcher, refusals: ViewReasons): StringMatch | undefined {
  const match = translateStringMatch(scope, matcher)
  if (match !== 'unsupported') return match
  refusals.add(scope.at('custom'), 'custom matchers are not supported')
  return undefined
}
