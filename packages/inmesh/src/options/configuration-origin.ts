import { type Logger, MeshError } from '@inmesh/core'
import { istiodAddress, refuseTls } from '../kubernetes/istiod-address.js'
import type { Pod } from '../kubernetes/pod.js'
import type { Environment } from './environment.js'
import type { ConfigurationOrigin } from './mesh-settings.js'
import type { GatheredOptions, OptionValues } from './option-values.js'

/**
 * Where the configuration comes from: what code names comes before all that the environment names, that before the options file; among equals, what
 * is nearest to this process comes first. A pod that names nothing asks istiod.
 *
 * @param options - What was said.
 * @param environment - Variables of other tools.
 * @param pod - The pod that the process runs in.
 * @param logger - Told of what is assumed.
 * @throws MeshError ERR_INMESH_OPTIONS.
 */
export function originOf(
  { code, variables, file }: Pick<GatheredOptions, 'code' | 'variables' | 'file'>,
  environment: Environment,
  pod: Pod | undefined,
  logger: Logger,
): ConfigurationOrigin {
  refuseContradiction(code, '')
  refuseContradiction(file, ' of the options file')
  const origin = namedOrigin(code) ?? environmentOrigin(variables, environment) ?? namedOrigin(file)
  if (origin?.kind === 'control-plane') refuseTls(origin.address, 'option controlPlane')
  if (origin !== undefined) return origin
  if (pod !== undefined) return { kind: 'control-plane', address: istiodAddress(environment, logger) }
  throw new MeshError(
    'ERR_INMESH_OPTIONS',
    'no configuration is named. Give one of the options config (a directory of files), controlPlane (host:port) or bootstrap ' +
      '(a gRPC xDS bootstrap), or set INMESH_CONFIG, INMESH_CONTROL_PLANE, INMESH_BOOTSTRAP, GRPC_XDS_BOOTSTRAP or ' +
      'GRPC_XDS_BOOTSTRAP_CONFIG; in Kubernetes POD_NAME and POD_NAMESPACE, to ask istiod; INMESH_MODE=off runs without a mesh',
  )
}

function refuseContradiction(values: OptionValues, of: string): void {
  const named = (['config', 'bootstrap', 'controlPlane'] as const).filter((name) => values[name] !== undefined)
  if (named.length < 2) return
  throw new MeshError(
    'ERR_INMESH_OPTIONS',
    `options ${named.join(' and ')}${of} contradict each other: give one of them`,
    { place: { field: named[1]! } },
  )
}

function namedOrigin({ config, bootstrap, controlPlane }: OptionValues): ConfigurationOrigin | undefined {
  if (config !== undefined) return { kind: 'directory', path: config }
  if (typeof bootstrap === 'string') return { kind: 'bootstrap-file', path: bootstrap }
  if (bootstrap !== undefined) return { kind: 'bootstrap-object', document: bootstrap }
  if (controlPlane !== undefined) return { kind: 'control-plane', address: controlPlane }
  return undefined
}

function environmentOrigin(variables: OptionValues, environment: Environment): ConfigurationOrigin | undefined {
  const { GRPC_XDS_BOOTSTRAP: file, GRPC_XDS_BOOTSTRAP_CONFIG: text } = environment
  const { controlPlane, ...nearer } = variables
  const own = namedOrigin(nearer)
  if (own !== undefined) return own
  if (file) return { kind: 'bootstrap-file', path: file }
  if (text) return { kind: 'bootstrap-text', text, variable: 'GRPC_XDS_BOOTSTRAP_CONFIG' }
  return namedOrigin(controlPlane === undefined ? {} : { controlPlane })
}
