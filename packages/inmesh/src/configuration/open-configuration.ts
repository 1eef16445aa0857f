import type { MeshSettings } from '../options/mesh-settings.js'
import type { Configuration } from './configuration.js'
import { NoConfiguration } from './no-configuration.js'

/**
 * Opens what the settings name as the origin of configuration. The xDS messages, the gRPC client and the YAML reader are loaded here and
 * only as needed: importing the package must stay cheap.
 *
 * @param settings - Settings of the mesh.
 * @param besideSidecar - Whether a sidecar decides in place of the mesh.
 */
export async function openConfiguration(
  settings: MeshSettings,
  besideSidecar: Promise<boolean>,
): Promise<Configuration> {
  const { origin } = settings
  if (origin === undefined || (await besideSidecar)) return new NoConfiguration()
  if (origin.kind === 'directory') {
    const { DirectoryConfiguration } = await import('./directory-configuration.js')
    return DirectoryConfiguration.open(origin.path, settings)
  }
  const { openControlPlane } = await import('./open-control-plane.js')
  return openControlPlane(origin, settings)
}
