import type { JsonField } from './json-field.js'

/** Ten minutes, as gRFC A29 and A65 have it. */
const defaultRefreshMs = 600_000

/** PEM files that hold what a TLS connection needs (gRFC A65; the same fields as the `file_watcher` plug-in of gRFC A29). */
export interface CertificateFiles {
  /** Certificates of the authorities to trust. Undefined: those that Node ships. */
  readonly caCertificateFile: string | undefined
  /** Chain of the own certificate; undefined together with the key: none is presented. */
  readonly certificateFile: string | undefined
  /** Private key of the own certificate. */
  readonly privateKeyFile: string | undefined
  /** Milliseconds after which the files are read again. Default 600,000. */
  readonly refreshIntervalMs: number
}

/** Reads the `config` of `tls` channel credentials or of a `file_watcher`. */
export function parseCertificateFiles(config: JsonField): CertificateFiles {
  const file = (name: string): string | undefined => config.member(name).string('') || undefined
  const certificateFile = file('certificate_file')
  const privateKeyFile = file('private_key_file')
  if (certificateFile === undefined && privateKeyFile !== undefined) {
    config.member('certificate_file').fail('is missing, although private_key_file is there')
  }
  if (privateKeyFile === undefined && certificateFile !== undefined) {
    config.member('private_key_file').fail('is missing, although certificate_file is there')
  }
  return {
    caCertificateFile: file('ca_certificate_file'),
    certificateFile,
    privateKeyFile,
    refreshIntervalMs: config.member('refresh_interval').positiveDurationMs(defaultRefreshMs),
  }
}
