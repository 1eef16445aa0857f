import { MeshError } from '@inmesh/core'
import type { Environment } from './environment.js'
import type { MeshMode, MeshOptions } from './mesh-options.js'
import { nearMiss } from './near-miss.js'
import { Complaint } from './option-checks.js'
import { CODE_OPTIONS, OPTION_TABLE, type TableOption } from './option-table.js'
import { OPTIONS_FILE_VARIABLE, readOptionsFile } from './options-file.js'
import { REGISTER_TABLE } from './register-options.js'

/** Options by name, of one origin or of all. */
export type OptionValues = { -readonly [Name in TableOption]?: MeshOptions[Name] }

/** What was said, where, and what is wrong with it that can be lived with. */
export interface GatheredOptions {
  /** The operator's switch. */
  readonly mode: MeshMode
  /** Given in code. */
  readonly code: OptionValues
  /** Given by variables, for what code does not give. */
  readonly variables: OptionValues
  /** Given by the options file, for the rest. */
  readonly file: OptionValues
  /** Sentences without the final stop. */
  readonly warnings: readonly string[]
}

/**
 * Takes options of all origins and checks each: those in code count over those of the environment, these over those of the file.
 *
 * @param options - Options as given in code.
 * @param environment - Variables to look in. Empty ones count as absent.
 * @throws MeshError ERR_INMESH_OPTIONS naming option and origin. While the mode is `off`, mistakes outside of the code are warnings: an operator must
 * be able to take the mesh out whatever is wrong with it.
 */
export function gatherOptions(options: MeshOptions, environment: Environment): GatheredOptions {
  refuseUnknownOptions(options, '')
  const warnings: string[] = []
  const mode = switchedTo(options, environment)
  const tolerate = (read: () => void): void => {
    try {
      read()
    } catch (error) {
      if (mode !== 'off' || !(error instanceof MeshError)) throw error
      warnings.push(`${error.message}; it has no effect while the mesh is off`)
    }
  }
  let document: Readonly<Record<string, unknown>> = {}
  tolerate(() => {
    const found = readOptionsFile(environment)
    refuseUnknownOptions(found, ` (from ${environment[OPTIONS_FILE_VARIABLE]})`)
    document = found
  })
  const [code, variables, file]: OptionValues[] = [{}, {}, {}]
  for (const name of Object.keys(OPTION_TABLE) as TableOption[]) {
    const { variable, read } = OPTION_TABLE[name]
    const text = environment[variable]
    if (options[name] !== undefined) assign(code!, name, () => options[name], name)
    else if (text) tolerate(() => assign(variables!, name, () => read(text), `${name} (from ${variable})`))
    else if (document[name] !== undefined) {
      tolerate(() => assign(file!, name, () => document[name], `${name} (from ${environment[OPTIONS_FILE_VARIABLE]})`))
    }
  }
  warnings.push(...unknownVariables(environment))
  return { mode: mode ?? file!.mode ?? 'on', code: code!, variables: variables!, file: file!, warnings }
}

/** The switch counts before anything else is looked at. */
function switchedTo(options: MeshOptions, environment: Environment): MeshMode | undefined {
  const { variable, check } = OPTION_TABLE.mode
  const said: OptionValues = {}
  if (options.mode !== undefined) assign(said, 'mode', () => check(options.mode), 'mode')
  else if (environment[variable]) assign(said, 'mode', () => check(environment[variable]), `mode (from ${variable})`)
  return said.mode
}

function assign<Name extends TableOption>(
  values: OptionValues,
  name: Name,
  read: () => unknown,
  description: string,
): void {
  try {
    values[name] = OPTION_TABLE[name].check(read()) as OptionValues[Name]
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    throw new MeshError('ERR_INMESH_OPTIONS', `option ${description} ${error.message}`, { place: { field: name } })
  }
}

/** A misspelt option would have no effect, and nobody would notice. */
function refuseUnknownOptions(options: object, origin: string): void {
  const ofCode: readonly string[] = origin === '' ? CODE_OPTIONS : []
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTION_TABLE, name) || ofCode.includes(name)) continue
    const meant = nearMiss(name, [...Object.keys(OPTION_TABLE), ...ofCode])
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    const message = `option ${name}${origin} does not exist${hint}`
    throw new MeshError('ERR_INMESH_OPTIONS', message, { place: { field: name } })
  }
}

function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>([OPTIONS_FILE_VARIABLE])
  for (const table of [OPTION_TABLE, REGISTER_TABLE])
    for (const { variable } of Object.values(table)) known.add(variable)
  const unknown = Object.keys(environment).filter((name) => name.startsWith('INMESH_') && !known.has(name))
  return unknown.map((name) => {
    const meant = nearMiss(name, known)
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    return `the environment variable ${name} is none of Inmesh; it has no effect${hint}`
  })
}
