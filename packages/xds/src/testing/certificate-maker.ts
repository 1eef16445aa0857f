import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

// Just enough DER (X.690) to make certificates for tests: node:crypto reads certificates and does not make them.

/** A certificate with its key, both in PEM. */
export interface MadeCertificate {
  readonly certificate: string
  readonly key: string
}

const ecdsaWithSha256 = sequence(objectIdentifier([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))

/** An authority that signs certificates; never more than a test trusts it. */
export class CertificateMaker {
  /** The authority's own certificate, in PEM. */
  readonly certificate: string
  readonly #name: string
  readonly #key: KeyObject

  constructor(name = 'test authority') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#key = privateKey
    this.certificate = this.#sign(name, publicKey, [extension(basicConstraints, sequence(boolean(true)))])
  }

  /** Makes a certificate for host names and addresses. */
  make(...hosts: readonly string[]): MadeCertificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = hosts.map((host) =>
      /^[\d.]+$/.test(host) ? tagged(0x87, ipv4(host)) : tagged(0x82, Buffer.from(host)),
    )
    const certificate = this.#sign(hosts[0] ?? 'none', publicKey, [extension(subjectAltName, sequence(...names))])
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  }

  #sign(subject: string, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const body = sequence(
      tagged(0xa0, tagged(0x02, Buffer.from([2]))),
      tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ecdsaWithSha256,
      commonName(this.#name),
      sequence(generalizedTime('20200101000000Z'), generalizedTime('21200101000000Z')),
      commonName(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    )
    const whole = sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, this.#key)))
    // No empty line at the end, which OpenSSL does not take.
    const base64 = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
    return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
  }
}

const basicConstraints = [0x55, 0x1d, 0x13]
const subjectAltName = [0x55, 0x1d, 0x11]

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function objectIdentifier(bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes))
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]))
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]))
}

function generalizedTime(text: string): Buffer {
  return tagged(0x18, Buffer.from(text))
}

function commonName(name: string): Buffer {
  const attribute = sequence(objectIdentifier([0x55, 0x04, 0x03]), tagged(0x0c, Buffer.from(name)))
  return sequence(tagged(0x31, attribute))
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectIdentifier(id), tagged(0x04, value))
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}
