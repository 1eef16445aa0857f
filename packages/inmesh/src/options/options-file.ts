import { readFileSync } from 'node:fs'
import { MeshError } from '@inmesh/core'
import type { Environment } from './environment.js'

/** Names the file. */
export const OPTIONS_FILE_VARIABLE = 'INMESH_OPTIONS_FILE'

/**
 * Reads the file of options that the environment names.
 *
 * @param environment - Variables to look in.
 * @returns what it says, by the names that options have in code; empty without a file.
 * @throws MeshError ERR_INMESH_OPTIONS when it cannot be read, or is no JSON object.
 */
export function readOptionsFile(environment: Environment): Readonly<Record<string, unknown>> {
  const file = environment[OPTIONS_FILE_VARIABLE]
  if (!file) return {}
  try {
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
      return document as Record<string, unknown>
    }
    throw new Error('it is no JSON object')
  } catch (cause) {
    const message = `${file} (from ${OPTIONS_FILE_VARIABLE}) cannot be used: ${(cause as Error).message}`
    throw new MeshError('ERR_INMESH_OPTIONS', message, { place: { file, field: OPTIONS_FILE_VARIABLE }, cause })
  }
}
