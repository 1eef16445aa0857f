import { type Logger, MeshError } from '@inmesh/core'
import type { Environment } from '../options/environment.js'

/** Where istiod takes xDS in plaintext unless it was installed otherwise. */
const DEFAULT_ADDRESS = 'istiod.istio-system.svc:15010'

/** Where istiod takes xDS over TLS. */
const TLS_PORT = ':15012'

/**
 * Whether an address is that of istiod, whose servers have listeners by names of its own.
 *
 * @param address - `host:port`.
 */
export function isIstiod(address: string): boolean {
  return /^istiod(?:[-.:]|$)/.test(address)
}

/**
 * The address of istiod for a pod that names no control plane: that of `PROXY_CONFIG`, else the usual one.
 *
 * @param environment - Variables to look in.
 * @param logger - Told that nothing protects what is said there.
 * @throws MeshError ERR_INMESH_OPTIONS when the address is for TLS.
 */
export function istiodAddress(environment: Environment, logger: Logger): string {
  const address = discoveryAddress(environment.PROXY_CONFIG) ?? DEFAULT_ADDRESS
  refuseTls(address, 'PROXY_CONFIG')
  logger.warn(`no control plane is named: asking ${address} in plaintext, as INMESH_CONTROL_PLANE=${address} would`)
  return address
}

/**
 * Refuses an address at which istiod speaks TLS: what is said there in plaintext would never be answered.
 *
 * @param address - `host:port`.
 * @param origin - What names it.
 * @throws MeshError ERR_INMESH_OPTIONS.
 */
export function refuseTls(address: string, origin: string): void {
  if (!isIstiod(address) || !address.endsWith(TLS_PORT)) return
  const plain = `${address.slice(0, -TLS_PORT.length)}:15010`
  throw new MeshError(
    'ERR_INMESH_OPTIONS',
    `${origin} names ${address}, where istiod speaks TLS with tokens of Kubernetes, which is not carried out yet; for plaintext, where the network ` +
      `is trusted, give controlPlane (INMESH_CONTROL_PLANE) ${plain}, for the socket of an istio-agent a bootstrap file`,
    { place: { field: 'controlPlane' } },
  )
}

function discoveryAddress(config: string | undefined): string | undefined {
  // JSON or YAML, both of which write it like this.
  return /["']?discoveryAddress["']?\s*:\s*["']?([^\s"',}]+)/.exec(config ?? '')?.[1]
}
