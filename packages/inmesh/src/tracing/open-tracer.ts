import type { Tracer } from '@inmesh/core'
import type { MeshSettings } from '../options/mesh-settings.js'

/** How Node says that a module is not installed, to `import` and to `require`. */
const NOT_INSTALLED: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])

/**
 * Loads what makes spans, where it is wanted and `@opentelemetry/api` is installed: who has no SDK of OpenTelemetry need not have that.
 *
 * @param settings - Settings of the mesh.
 * @param besideSidecar - Whether a sidecar makes the spans.
 * @returns undefined where nobody can ask for spans.
 */
export async function openTracer(
  { mode, tracing, random }: MeshSettings,
  besideSidecar: Promise<boolean>,
): Promise<Tracer | undefined> {
  if (mode !== 'on' || !tracing || (await besideSidecar)) return undefined
  const api = await loadApi()
  if (api === undefined) return undefined
  const { OpenTelemetryTracer } = await import('@inmesh/telemetry')
  return new OpenTelemetryTracer(api, random)
}

async function loadApi(): Promise<typeof import('@opentelemetry/api') | undefined> {
  try {
    return await import('@opentelemetry/api')
  } catch (error) {
    if (NOT_INSTALLED.has((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}
