import { MeshError, SystemClock, SystemRandom, TRACE_FORMATS, type TraceFormat, TracePropagation } from '@inmesh/core'
import { OutboundPolicy, TrustedNetworks } from '@inmesh/http'
import { readPod } from '../kubernetes/pod.js'
import { StderrLogger } from '../log/stderr-logger.js'
import { SHUTDOWN_SIGNALS } from '../server/shutdown-signals.js'
import { originOf } from './configuration-origin.js'
import type { Environment } from './environment.js'
import type { MeshMode, MeshOptions } from './mesh-options.js'
import type { MeshSettings } from './mesh-settings.js'
import { gatherOptions, type OptionValues } from './option-values.js'

/** The control plane has to tell callers that a server goes, and they may be on their way to it until then. */
const DRAIN_DELAY_MS = 500

/**
 * Takes options from code and environment together, code first, and checks all of them.
 *
 * @param options - Options as given in code.
 * @param environment - Variables to look in. Empty ones count as absent.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option, and the variable when its value came from there.
 */
export function resolveOptions(options: MeshOptions, environment: Environment): MeshSettings {
  const gathered = gatherOptions(options, environment)
  const { mode, code, variables, file, warnings } = gathered
  const values: OptionValues = { ...file, ...variables, ...code }
  const logger = options.logger ?? new StderrLogger(values.logLevel ?? 'warn')
  for (const warning of warnings) logger.warn(warning)
  refuseOpening(mode, values)
  const pod = mode === 'off' ? undefined : readPod(environment, values.labelsFile)
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
      pod,
    },
    origin: mode === 'off' ? undefined : originOf(gathered, environment, pod, logger),
    sidecar: values.sidecar ?? 'detect',
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
    outboundPolicy: values.outboundPolicy ?? 'allow-any',
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

/** A server that may not serve without its listener is not opened by switching the listener off. */
function refuseOpening(mode: MeshMode, { inboundListener }: OptionValues): void {
  if (mode === 'on' || inboundListener !== 'required') return
  throw new MeshError(
    'ERR_INMESH_OPTIONS',
    `mode ${mode} applies no listener to requests, and inboundListener required (INMESH_INBOUND_LISTENER) lets no server serve without: take one back`,
    { place: { field: 'mode' } },
  )
}
