import { admitCopy, type Tracer } from '@inmesh/core'
import { FlushHooks } from './closing/flush-hooks.js'
import type { Configuration } from './configuration/configuration.js'
import { DeferredConfiguration } from './configuration/deferred-configuration.js'
import { NoConfiguration } from './configuration/no-configuration.js'
import { openConfiguration } from './configuration/open-configuration.js'
import { AsyncContextStore } from './context/async-context-store.js'
import { standsBack } from './kubernetes/sidecar-proxy.js'
import { Mesh, type MeshParts } from './mesh.js'
import { Observer } from './observing/observer.js'
import type { Environment } from './options/environment.js'
import type { MeshOptions } from './options/mesh-options.js'
import type { MeshSettings } from './options/mesh-settings.js'
import { resolveOptions } from './options/resolve-options.js'
import { MeshOutbound } from './outbound/mesh-outbound.js'
import { ObservingOutbound } from './outbound/observing-outbound.js'
import type { Outbound } from './outbound/outbound.js'
import { PlainOutbound } from './outbound/plain-outbound.js'
import { OWN_COPY } from './own-copy.js'
import { DeferredTracer } from './tracing/deferred-tracer.js'
import { openTracer } from './tracing/open-tracer.js'

/**
 * Makes a mesh from options and from the environment of the process.
 *
 * @param options - See {@link MeshOptions}; each can be given by an `INMESH_*` variable instead. One of `config`, `controlPlane` and
 * `bootstrap` is needed, by either way, unless the mode is `off`.
 * @returns the mesh, without waiting for a control plane; `mesh.ready()` waits.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option, ERR_INMESH_BOOTSTRAP naming the field, ERR_INMESH_CONFIG_FILE naming file,
 * line and field, ERR_INMESH_VERSIONS where another version of the mesh is at work in the process.
 */
export async function createMesh(options: MeshOptions = {}): Promise<Mesh> {
  return openMesh(options, process.env)
}

/**
 * The same with an environment of its own, for tests.
 *
 * @param options - Options as given in code.
 * @param environment - Variables to look in.
 */
export async function openMesh(options: MeshOptions, environment: Environment): Promise<Mesh> {
  admitCopy(OWN_COPY)
  const settings = resolveOptions(options, environment)
  const besideSidecar = isBesideSidecar(settings)
  const configuration = await openConfiguration(settings, besideSidecar)
  const mesh = assemble(settings, configuration, await openTracer(settings, besideSidecar))
  await mesh.openReadiness()
  return mesh
}

/** A mesh whose configuration is still being opened. */
export interface OpeningMesh {
  /** The mesh. Calls and requests wait for its configuration. */
  readonly mesh: Mesh
  /** Resolves once it has that; rejects with what {@link createMesh} would. */
  readonly opened: Promise<unknown>
}

/**
 * The same for an application that does not wait.
 *
 * @param options - Options as given in code.
 * @param environment - Variables to look in.
 * @throws MeshError ERR_INMESH_OPTIONS.
 */
export function openMeshAtOnce(options: MeshOptions, environment: Environment): OpeningMesh {
  admitCopy(OWN_COPY)
  const settings = resolveOptions(options, environment)
  const besideSidecar = isBesideSidecar(settings)
  const opening = openConfiguration(settings, besideSidecar)
  const tracer = new DeferredTracer(openTracer(settings, besideSidecar))
  const mesh = assemble(settings, deferred(settings, opening), tracer)
  return { mesh, opened: Promise.all([opening, tracer.opened, mesh.openReadiness()]) }
}

async function isBesideSidecar(settings: MeshSettings): Promise<boolean> {
  const { mode, workload } = settings
  return mode !== 'off' && (await standsBack({ ...settings, pod: workload.pod }))
}

function deferred({ origin, workload }: MeshSettings, opening: Promise<Configuration>): Configuration {
  if (origin === undefined) return new NoConfiguration()
  const locality = workload.locality ?? workload.pod?.locality
  const place = locality && { region: locality.region, zone: locality.zone ?? '', subZone: locality.subZone ?? '' }
  return new DeferredConfiguration(opening, place)
}

function assemble(settings: MeshSettings, configuration: Configuration, tracer: Tracer | undefined): Mesh {
  const contexts = new AsyncContextStore()
  const observer = settings.mode === 'observe' ? new Observer(settings.logger) : undefined
  const outbound = outboundOf(settings, configuration, { contexts, tracer, observer })
  const flushHooks = new FlushHooks(settings.clock, settings.logger)
  if (tracer !== undefined) flushHooks.add(() => tracer.flush())
  return new Mesh({ settings, configuration, outbound, contexts, tracer, flushHooks, observer })
}

function outboundOf(
  settings: MeshSettings,
  configuration: Configuration,
  { contexts, tracer, observer }: Pick<MeshParts, 'contexts' | 'tracer' | 'observer'>,
): Outbound {
  if (observer !== undefined) return new ObservingOutbound(settings, configuration, observer)
  if (settings.mode === 'off') return new PlainOutbound(settings.clock)
  return new MeshOutbound(settings, configuration, { contexts, tracer })
}
