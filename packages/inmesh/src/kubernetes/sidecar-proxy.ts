import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import type { MeshSettings } from '../options/mesh-settings.js'

/** The administration of Istio's sidecar, on loopback of the pod. */
const ADMINISTRATION = { host: '127.0.0.1', port: 15_000, path: '/server_info' } as const

/** Annotations of the pod, where the downward API puts them beside its labels. */
const ANNOTATIONS_FILE = '/etc/istio/pod/annotations'

/** Long enough for a process on this machine. */
const PATIENCE_MS = 250

/** How a sidecar is looked for; the defaults are those of Istio. */
export interface SidecarSigns {
  /** Port of its administration. Default 15000. */
  readonly port?: number
  /** File of the pod's annotations. Default `/etc/istio/pod/annotations`. */
  readonly annotationsFile?: string
}

/**
 * Whether the mesh is to leave calls and requests to a sidecar beside it. Two meshes would retry twice, balance what was balanced, and the second
 * would meet plaintext connections to endpoints that it wants to see as calls of a service.
 *
 * @param settings - Settings of the mesh.
 * @param signs - For tests.
 */
export async function standsBack(
  { sidecar, pod, inboundListener, outboundPolicy, logger }: SidecarSettings,
  signs: SidecarSigns = {},
): Promise<boolean> {
  if (sidecar === 'absent' || (sidecar === 'detect' && pod === undefined)) return false
  const found = sidecar === 'present' || wasInjected(signs) || (await answers(signs))
  if (!found) return false
  const needed =
    inboundListener === 'required' ? 'inboundListener' : outboundPolicy === 'registry-only' && 'outboundPolicy'
  if (needed) {
    logger.warn(
      `a sidecar runs beside this mesh, which goes on all the same, as the option ${needed} asks it to decide`,
    )
    return false
  }
  logger.warn(
    'a sidecar runs beside this mesh and routes, retries, balances and observes its calls: the mesh leaves that to it and keeps to context, ' +
      'deadlines and breakers (INMESH_SIDECAR=absent takes it back)',
  )
  return true
}

/** What of the settings decides. */
export type SidecarSettings = Pick<MeshSettings, 'sidecar' | 'inboundListener' | 'outboundPolicy' | 'logger'> & {
  readonly pod: object | undefined
}

/** The injector notes what it did; the template of an agent for gRPC brings no proxy. */
function wasInjected({ annotationsFile = ANNOTATIONS_FILE }: SidecarSigns): boolean {
  try {
    const annotations = readFileSync(annotationsFile, 'utf8')
    return (
      /^sidecar\.istio\.io\/status=/m.test(annotations) &&
      !/^inject\.istio\.io\/templates="[^"]*grpc/m.test(annotations)
    )
  } catch {
    return false
  }
}

function answers({ port = ADMINISTRATION.port }: SidecarSigns): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ ...ADMINISTRATION, port, agent: false, timeout: PATIENCE_MS }, (response) => {
      response.resume()
      resolve(response.headers.server === 'envoy')
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
