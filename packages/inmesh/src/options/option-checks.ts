import { isIP } from 'node:net'
import { constants } from 'node:os'
import { TRACE_FORMATS, type TraceFormat } from '@inmesh/core'
import type { LocalityOption } from './mesh-options.js'

/** Says what a value must be; becomes part of the error that names the option. */
export class Complaint extends Error {}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Complaint('must be a string that is not empty')
  return value
}

export function dnsLabel(value: unknown): string {
  if (typeof value !== 'string' || !DNS_LABEL.test(value)) {
    throw new Complaint('must be a DNS label: lower-case letters, digits and hyphens, at most 63')
  }
  return value
}

export function oneOf<const T extends string>(allowed: readonly T[]): (value: unknown) => T {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw new Complaint(`must be one of ${allowed.join(', ')}`)
    return found
  }
}

export function port(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new Complaint('must be a port from 1 to 65535')
  }
  return value
}

export function ports(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0) throw new Complaint('must be a list of ports')
  return value.map(port)
}

/** A timer of more milliseconds than this fires at once in Node. */
const LONGEST_TIMER = 0x7fff_ffff

export function milliseconds(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0) || value > LONGEST_TIMER) {
    throw new Complaint('must be a positive number of milliseconds')
  }
  return value
}

export function delay(value: unknown): number {
  return value === 0 ? 0 : milliseconds(value)
}

export function signals(value: unknown): boolean | readonly NodeJS.Signals[] {
  if (typeof value === 'boolean') return value
  const isHandled = (name: unknown): boolean =>
    typeof name === 'string' && Object.hasOwn(constants.signals, name) && name !== 'SIGKILL' && name !== 'SIGSTOP'
  if (!Array.isArray(value) || !value.every(isHandled)) {
    throw new Complaint('must be true, false or names of signals that can be handled, such as SIGTERM')
  }
  return value as NodeJS.Signals[]
}

export function ipAddress(value: unknown): string {
  if (typeof value !== 'string' || isIP(value) === 0) throw new Complaint('must be an IP address')
  return value
}

export function hostAndPort(value: unknown): string {
  const match = typeof value === 'string' ? /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})$/i.exec(value) : null
  const number = Number(match?.[2])
  if (match === null || number < 1 || number > 65_535) throw new Complaint('must be host:port')
  return match[0]
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Complaint('must be true or false')
  return value
}

export function traceFormats(value: unknown): readonly TraceFormat[] {
  const isFormat = (format: unknown): boolean => (TRACE_FORMATS as readonly unknown[]).includes(format)
  if (!Array.isArray(value) || !value.every(isFormat)) {
    throw new Complaint(`must be a list of ${TRACE_FORMATS.join(', ')}`)
  }
  return value as TraceFormat[]
}

export function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new Complaint('must be an array of strings')
  }
  return value
}

export function labels(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw new Complaint('must be an object whose values are strings')
  }
  return value as Record<string, string>
}

export function locality(value: unknown): LocalityOption {
  if (!isRecord(value)) throw new Complaint('must be an object with region, zone and subZone')
  const { region, zone, subZone } = value
  if (typeof region !== 'string' || region === '') throw new Complaint('must have a region, a string that is not empty')
  for (const part of [zone, subZone]) {
    if (part !== undefined && typeof part !== 'string') throw new Complaint('must have strings as zone and subZone')
  }
  if (!zone && subZone) throw new Complaint('must have a zone when it has a subZone')
  return value as unknown as LocalityOption
}

export function bootstrap(value: unknown): string | Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  if (typeof value !== 'string' || value === '') throw new Complaint('must be the path of a file or an object')
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
