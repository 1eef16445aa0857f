import { MeshError, SystemClock, SystemRandom, TRACE_FORMATS, type TraceFormat, TracePropagation } from '@inmesh/core'
import { OutboundPolicy, TrustedNetworks } from '@inmesh/http'
import { StderrLogger } from '../log/stderr-logger.js'
import { SHUTDOWN_SIGNALS } from '../server/shutdown-signals.js'
import type { Environment } from './environment.js'
import type { MeshOptions } from './mesh-options.js'
import type { ConfigurationOrigin, MeshSettings } from './mesh-settings.js'
import { Complaint } from './option-checks.js'
import { CODE_OPTIONS, OPTION_TABLE, type TableOption } from './option-table.js'
import { REGISTER_TABLE } from './register-options.js'

/** The control plane has to tell callers that a server goes, and they may be on their way to it until then. */
const DRAIN_DELAY_MS = 500

type Values = { -readonly [Name in TableOption]?: MeshOptions[Name] }

/**
 * Takes options from code and environment together, code first, and checks all of them.
 *
 * @param options - Options as given in code.
 * @param environment - Variables to look in. Empty ones count as absent.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option, and the variable when its value came from there.
 */
export function resolveOptions(options: MeshOptions, environment: Environment): MeshSettings {
  refuseUnknownOptions(options)
  const code: Values = {}
  const variables: Values = {}
  for (const name of Object.keys(OPTION_TABLE) as TableOption[]) {
    const { variable, read } = OPTION_TABLE[name]
    if (options[name] !== undefined) {
      assign(code, name, () => options[name], name)
      continue
    }
    const text = environment[variable]
    if (text) assign(variables, name, () => read(text), `${name} (from ${variable})`)
  }
  const values: Values = { ...variables, ...code }
  const logger = options.logger ?? new StderrLogger(values.logLevel ?? 'warn')
  for (const variable of unknownVariables(environment)) {
    logger.warn(`the environment variable ${variable} is none of Inmesh; it has no effect`)
  }
  const mode = values.mode ?? 'on'
  return {
    mode,
    workload: {
      service: values.service,
      namespace: values.namespace,
      version: values.version,
      labels: values.labels ?? {},
      servicePort: values.servicePort,
      locality: values.locality,
      instanceIp: values.instanceIp,
    },
    origin: mode === 'off' ? undefined : originOf(code, variables, environment),
    localCluster: values.localCluster,
    xdsProtocol: values.xdsProtocol ?? 'sotw',
    deletedResources: values.deletedResources ?? 'keep',
    trusted: new TrustedNetworks(values.trustedNetworks),
    outbound: new OutboundPolicy({
      bypass: values.bypass,
      unknown: values.outboundPolicy,
      allowed: values.outboundHosts,
      // Patterns name services; what else is to be looked at is named as it is.
      addresses: values.meshHosts,
    }),
    localReply: values.localReply ?? 'response',
    targetNaming: values.targetNaming,
    meshHosts: values.meshHosts,
    unknownHostTimeoutMs: values.unknownHostTimeoutMs ?? 1000,
    discoveryTimeoutMs: values.discoveryTimeoutMs ?? 5000,
    readinessPort: values.readinessPort,
    inboundListener: values.inboundListener ?? 'optional',
    // A server that nobody was told of has nobody to take leave of.
    drainDelayMs: values.drainDelayMs ?? (mode === 'on' && values.service !== undefined ? DRAIN_DELAY_MS : 0),
    handleSignals: signalsOf(values.handleSignals),
    tracing: values.tracing ?? true,
    propagation: new TracePropagation(values.propagation ?? formatsOf(environment.OTEL_PROPAGATORS)),
    balancingPolicies: new Map(Object.entries(options.balancingPolicies ?? {})),
    logger,
    clock: options.clock ?? new SystemClock(),
    random: options.random ?? new SystemRandom(),
  }
}

function signalsOf(given: MeshOptions['handleSignals']): readonly NodeJS.Signals[] {
  if (given === true) return SHUTDOWN_SIGNALS
  return given || []
}

/** The variable of OpenTelemetry may name formats that the mesh does not speak: they are the SDK's affair. */
function formatsOf(variable: string | undefined): readonly TraceFormat[] | undefined {
  const named = (variable ?? '').split(',').map((name) => name.trim())
  if (named.includes('none')) return []
  const known = TRACE_FORMATS.filter((format) => named.includes(format))
  return known.length === 0 ? undefined : known
}

function assign<Name extends TableOption>(values: Values, name: Name, read: () => unknown, description: string): void {
  try {
    values[name] = OPTION_TABLE[name].check(read()) as Values[Name]
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    throw new MeshError('ERR_INMESH_OPTIONS', `option ${description} ${error.message}`, { place: { field: name } })
  }
}

/** A misspelt option would have no effect, and nobody would notice. */
function refuseUnknownOptions(options: MeshOptions): void {
  for (const name of Object.keys(options)) {
    if (name in OPTION_TABLE || (CODE_OPTIONS as readonly string[]).includes(name)) continue
    throw new MeshError('ERR_INMESH_OPTIONS', `option ${name} does not exist`, { place: { field: name } })
  }
}

function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(
    [OPTION_TABLE, REGISTER_TABLE].flatMap((table) => Object.values(table).map((row) => row.variable)),
  )
  return Object.keys(environment).filter((name) => name.startsWith('INMESH_') && !known.has(name))
}

/** What code names comes before all that the environment names; among equals, what is nearest to this process comes first. */
function originOf(code: Values, variables: Values, environment: Environment): ConfigurationOrigin {
  const named = (['config', 'bootstrap', 'controlPlane'] as const).filter((name) => code[name] !== undefined)
  if (named.length > 1) {
    throw new MeshError(
      'ERR_INMESH_OPTIONS',
      `options ${named.join(' and ')} contradict each other: give one of them`,
      {
        place: { field: named[1]! },
      },
    )
  }
  const origin = namedOrigin(code) ?? environmentOrigin(variables, environment)
  if (origin !== undefined) return origin
  throw new MeshError(
    'ERR_INMESH_OPTIONS',
    'no configuration is named. Give one of the options config (a directory of files), controlPlane (host:port) or bootstrap ' +
      '(a gRPC xDS bootstrap), or set INMESH_CONFIG, INMESH_CONTROL_PLANE, INMESH_BOOTSTRAP, GRPC_XDS_BOOTSTRAP or ' +
      'GRPC_XDS_BOOTSTRAP_CONFIG; INMESH_MODE=off runs without a mesh',
  )
}

function namedOrigin({ config, bootstrap, controlPlane }: Values): ConfigurationOrigin | undefined {
  if (config !== undefined) return { kind: 'directory', path: config }
  if (typeof bootstrap === 'string') return { kind: 'bootstrap-file', path: bootstrap }
  if (bootstrap !== undefined) return { kind: 'bootstrap-object', document: bootstrap }
  if (controlPlane !== undefined) return { kind: 'control-plane', address: controlPlane }
  return undefined
}

function environmentOrigin(variables: Values, environment: Environment): ConfigurationOrigin | undefined {
  const { GRPC_XDS_BOOTSTRAP: file, GRPC_XDS_BOOTSTRAP_CONFIG: text } = environment
  const { controlPlane, ...nearer } = variables
  const own = namedOrigin(nearer)
  if (own !== undefined) return own
  if (file) return { kind: 'bootstrap-file', path: file }
  if (text) return { kind: 'bootstrap-text', text, variable: 'GRPC_XDS_BOOTSTRAP_CONFIG' }
  return namedOrigin({ controlPlane })
}
