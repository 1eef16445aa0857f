import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock, Logger, Timer } from '@inmesh/core'
import type { CertificateFiles } from '../bootstrap/certificate-files.js'
import { equalBytes } from '../source/resource-bytes.js'

/** Longer intervals than a day overflow the timers of Node. */
const longestIntervalMs = 86_400_000

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The files of one state, in the order authorities, certificate, key. */
type Contents = readonly (Buffer | undefined)[]

/**
 * What a TLS connection needs, read from files: anew for every connection and every refresh interval, so that a rotated certificate is in
 * use with the next connection. Files that cannot be used, as in the middle of a rotation, leave the last good ones in use.
 */
export class CertificateStore {
  readonly #files: CertificateFiles
  readonly #clock: Clock
  readonly #logger: Logger
  #current: { readonly contents: Contents; readonly context: SecureContext } | undefined
  #timer: Timer | undefined
  #closed = false

  /**
   * @param files - Which files.
   * @param clock - Times the refresh.
   * @param logger - Told of files that cannot be used while others are.
   */
  constructor(files: CertificateFiles, clock: Clock, logger: Logger) {
    this.#files = files
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * The newest usable state of the files.
   *
   * @throws Error naming the file and what is wrong, when there never was a usable one.
   */
  async context(): Promise<SecureContext> {
    await this.#refresh()
    this.#schedule()
    return this.#current!.context
  }

  /** Reads no more. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer?.cancel()
    if (this.#closed) return
    const delayMs = Math.min(this.#files.refreshIntervalMs, longestIntervalMs)
    this.#timer = this.#clock.setTimer(delayMs, () => void this.#refresh().finally(() => this.#schedule()))
  }

  async #refresh(): Promise<void> {
    const { caCertificateFile, certificateFile, privateKeyFile } = this.#files
    try {
      const contents = await Promise.all([caCertificateFile, certificateFile, privateKeyFile].map(read))
      if (
        this.#current !== undefined &&
        contents.every((bytes, index) => same(bytes, this.#current!.contents[index]))
      ) {
        return
      }
      this.#current = { contents, context: this.#contextOf(contents) }
    } catch (error) {
      if (this.#current === undefined) throw error
      this.#logger.warn(
        `xds: ${error instanceof Error ? error.message : error}; the last good certificates stay in use`,
      )
    }
  }

  #contextOf([ca, cert, key]: Contents): SecureContext {
    const { caCertificateFile, certificateFile, privateKeyFile } = this.#files
    // OpenSSL passes over what it cannot read, and half a file would look like fewer authorities.
    if (ca !== undefined) checkCertificates(caCertificateFile!, ca)
    if (cert !== undefined) checkCertificates(certificateFile!, cert)
    try {
      return createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        minVersion: 'TLSv1.2',
      })
    } catch (cause) {
      // What OpenSSL says of a key names no part of it.
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`certificate ${certificateFile} and key ${privateKeyFile} cannot be used: ${reason}`, { cause })
    }
  }
}

async function read(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file)
  } catch (cause) {
    throw new Error(`certificate file ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

function same(left: Buffer | undefined, right: Buffer | undefined): boolean {
  return left === undefined || right === undefined ? left === right : equalBytes(left, right)
}

function checkCertificates(file: string, bytes: Buffer): void {
  const text = bytes.toString('latin1')
  const certificates = text.match(certificatePattern) ?? []
  if (certificates.length === 0) throw new Error(`certificate file ${file} holds no certificate`)
  if (certificates.length !== text.split('-----BEGIN CERTIFICATE-----').length - 1) {
    throw new Error(`certificate file ${file} ends in the middle of a certificate`)
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      throw new Error(`certificate file ${file} holds a certificate, number ${index + 1}, that cannot be read`, {
        cause,
      })
    }
  }
}
