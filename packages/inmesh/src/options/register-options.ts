import { MeshError } from '@inmesh/core'
import type { Environment } from './environment.js'
import * as check from './option-checks.js'
import { OPTION_TABLE, type OptionRow } from './option-table.js'
import { list, numbers, truth } from './option-text.js'

/** What `inmesh/register` is told beside the options of the mesh that it makes. */
export interface Registration {
  /** Ports whose servers are taken into the mesh. Default: every port. */
  readonly inboundPorts?: readonly number[]
  /** Paths whose requests no inbound listener applies to. Default: none. */
  readonly exemptPaths?: readonly string[]
  /** Whether each worker thread makes a mesh of its own. Default false. */
  readonly workerThreads?: boolean
}

/** Each with its environment variable: there is no code that could give them. */
export const REGISTER_TABLE: { readonly [Name in keyof Registration]-?: OptionRow<NonNullable<Registration[Name]>> } = {
  inboundPorts: {
    variable: 'INMESH_INBOUND_PORTS',
    read: numbers,
    check: check.ports,
    written: 'ports, with commas',
    byDefault: 'every port',
  },
  exemptPaths: {
    variable: 'INMESH_EXEMPT_PATHS',
    read: list,
    check: check.strings,
    written: 'paths, with commas',
    byDefault: 'none',
  },
  workerThreads: {
    variable: 'INMESH_WORKER_THREADS',
    read: truth,
    check: check.flag,
    written: '`true` or `false`',
    byDefault: '`false`',
  },
}

/**
 * Reads what concerns `inmesh/register` alone.
 *
 * @param environment - Variables to look in.
 * @throws MeshError ERR_INMESH_OPTIONS naming the variable.
 */
export function resolveRegistration(environment: Environment): Registration {
  // Nothing is captured then, and the process is to start in any case.
  if (environment[OPTION_TABLE.mode.variable] === 'off') return {}
  const { inboundPorts, exemptPaths, workerThreads } = REGISTER_TABLE
  return {
    inboundPorts: value(inboundPorts, environment),
    exemptPaths: value(exemptPaths, environment),
    workerThreads: value(workerThreads, environment),
  }
}

function value<T>({ variable, read, check: checked }: OptionRow<T>, environment: Environment): T | undefined {
  const text = environment[variable]
  if (!text) return undefined
  try {
    return checked(read(text))
  } catch (error) {
    if (!(error instanceof check.Complaint)) throw error
    throw new MeshError('ERR_INMESH_OPTIONS', `${variable} ${error.message}`, { place: { field: variable } })
  }
}
