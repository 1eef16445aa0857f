import { FlushHooks } from './closing/flush-hooks.js'
import { openConfiguration } from './configuration/open-configuration.js'
import { AsyncContextStore } from './context/async-context-store.js'
import { Mesh } from './mesh.js'
import type { MeshOptions } from './options/mesh-options.js'
import { type Environment, resolveOptions } from './options/resolve-options.js'
import { MeshOutbound } from './outbound/mesh-outbound.js'
import { PlainOutbound } from './outbound/plain-outbound.js'
import { openTracer } from './tracing/open-tracer.js'

/**
 * Makes a mesh from options and from the environment of the process.
 *
 * @param options - See {@link MeshOptions}; each can be given by an `INMESH_*` variable instead. One of `config`, `controlPlane` and
 * `bootstrap` is needed, by either way, unless the mode is `off`.
 * @returns the mesh, without waiting for a control plane; `mesh.ready()` waits.
 * @throws MeshError ERR_INMESH_OPTIONS naming the option, ERR_INMESH_BOOTSTRAP naming the field, ERR_INMESH_CONFIG_FILE naming file,
 * line and field.
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
  const settings = resolveOptions(options, environment)
  const configuration = await openConfiguration(settings)
  const contexts = new AsyncContextStore()
  const tracer = await openTracer(settings)
  const outbound =
    settings.mode === 'off'
      ? new PlainOutbound(settings.clock)
      : new MeshOutbound(settings, configuration, { contexts, tracer })
  const flushHooks = new FlushHooks(settings.clock, settings.logger)
  if (tracer !== undefined) flushHooks.add(() => tracer.flush())
  const mesh = new Mesh({ settings, configuration, outbound, contexts, tracer, flushHooks })
  await mesh.openReadiness()
  return mesh
}
