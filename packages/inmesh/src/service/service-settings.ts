import { MeshError } from '@inmesh/core'
import { Complaint, milliseconds } from '../options/option-checks.js'
import type { BreakerFallback, BreakerOptions, ServiceOptions } from './service-options.js'

/** Options of a breaker with its defaults, checked. */
export interface BreakerSettings {
  readonly errorThresholdPercentage: number
  readonly volumeThreshold: number
  readonly resetTimeout: number
  readonly rollingCountTimeout: number
  /** Undefined for the default. */
  readonly isFailure: BreakerOptions['isFailure']
  /** Undefined for none. */
  readonly fallback: BreakerFallback | undefined
}

/** Options of a service or route with their defaults, checked. */
export interface ServiceSettings {
  readonly timeoutMs: number | undefined
  readonly idempotent: boolean
  readonly breaker: BreakerSettings | undefined
}

const SERVICE_DEFAULTS: ServiceSettings = Object.freeze({ timeoutMs: undefined, idempotent: false, breaker: undefined })

/** opossum opens on its very first failure unless told how many calls it takes to judge; the rest is as there. */
const BREAKER_DEFAULTS: BreakerSettings = Object.freeze({
  errorThresholdPercentage: 50,
  volumeThreshold: 10,
  resetTimeout: 30_000,
  rollingCountTimeout: 10_000,
  isFailure: undefined,
  fallback: undefined,
})

type Checks<T> = { readonly [Name in keyof T]-?: (value: unknown) => unknown }

const SERVICE_CHECKS: Checks<Omit<ServiceSettings, 'breaker'>> = { timeoutMs: milliseconds, idempotent: boolean }

const BREAKER_CHECKS: Checks<BreakerSettings> = {
  errorThresholdPercentage: percentageBelow100,
  volumeThreshold: positiveInteger,
  resetTimeout: milliseconds,
  rollingCountTimeout: milliseconds,
  isFailure: callable,
  fallback: callable,
}

/**
 * Checks options of a service or route and adds what they do not say.
 *
 * @param owner - What they belong to, for errors: `service reviews`.
 * @param options - As given in code.
 * @param base - What holds where they say nothing; a route's are those of its service.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option.
 */
export function resolveServiceOptions(
  owner: string,
  options: ServiceOptions,
  base: ServiceSettings = SERVICE_DEFAULTS,
): ServiceSettings {
  const { breaker, ...rest } = record(owner, '', options)
  const settings = { ...base, ...checked(owner, '', rest, SERVICE_CHECKS) }
  if (breaker === undefined) return settings
  return { ...settings, breaker: breaker === false ? undefined : breakerSettings(owner, breaker, base.breaker) }
}

function breakerSettings(owner: string, breaker: unknown, base = BREAKER_DEFAULTS): BreakerSettings {
  return { ...base, ...checked(owner, 'breaker.', record(owner, 'breaker', breaker), BREAKER_CHECKS) }
}

/**
 * @param one - Settings.
 * @param other - Settings.
 * @returns the option in which they differ, undefined where they are the same. Functions are the same only if they are one and the same.
 */
export function differingOption(one: ServiceSettings, other: ServiceSettings): string | undefined {
  if (one.timeoutMs !== other.timeoutMs) return 'timeoutMs'
  if (one.idempotent !== other.idempotent) return 'idempotent'
  const [first, second] = [one.breaker, other.breaker]
  if (first === undefined || second === undefined) return first === second ? undefined : 'breaker'
  const names = Object.keys(BREAKER_CHECKS) as (keyof BreakerSettings)[]
  const differing = names.find((name) => first[name] !== second[name])
  return differing === undefined ? undefined : `breaker.${differing}`
}

function record(owner: string, field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw refused(owner, field, `must be an object${field === 'breaker' ? ' or false' : ''}`)
}

/** Those of the values that are there. A misspelt option would have no effect, and nobody would notice. */
function checked<T extends object>(
  owner: string,
  path: string,
  values: Readonly<Record<string, unknown>>,
  checks: Checks<T>,
): Partial<T> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(checks, name)) throw refused(owner, `${path}${name}`, 'does not exist')
    if (value === undefined) continue
    try {
      result[name] = checks[name as keyof T](value)
    } catch (error) {
      if (!(error instanceof Complaint)) throw error
      throw refused(owner, `${path}${name}`, error.message)
    }
  }
  return result as Partial<T>
}

function refused(owner: string, field: string, complaint: string): MeshError {
  const what = field === '' ? 'its options' : `option ${field}`
  return new MeshError('ERR_INMESH_OPTIONS', `${owner}: ${what} ${complaint}`, { place: { field } })
}

/** opossum opens above the threshold, so that 100 would never do. */
function percentageBelow100(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < 100)) {
    throw new Complaint('must be a number of percent from 0 up to less than 100')
  }
  return value
}

function positiveInteger(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw new Complaint('must be a positive integer')
  return value as number
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Complaint('must be a boolean')
  return value
}

function callable(value: unknown): unknown {
  if (typeof value !== 'function') throw new Complaint('must be a function')
  return value
}
