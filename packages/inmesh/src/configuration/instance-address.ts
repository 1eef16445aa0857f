import { networkInterfaces } from 'node:os'

const LOOPBACK = '127.0.0.1'

/**
 * The address under which others reach this workload, as far as it can be told from here: what is on this machine like its control plane
 * is reached over loopback, else over the first IPv4 interface.
 *
 * @param controlPlane - `host:port` of the control plane.
 */
export function guessInstanceIp(controlPlane: string): string {
  if (isLoopback(controlPlane.slice(0, controlPlane.lastIndexOf(':')))) return LOOPBACK
  for (const addresses of Object.values(networkInterfaces())) {
    const outward = addresses?.find((address) => !address.internal && address.family === 'IPv4')
    if (outward !== undefined) return outward.address
  }
  return LOOPBACK
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
