import { isIPv4, isIPv6 } from 'node:net'

const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s

/**
 * Turns a `server_uri` into a target that grpc-js resolves. Bootstrap files are written for every gRPC language; grpc-js knows neither
 * `passthrough:` nor what an unknown scheme should mean, and would look up `https` as a host.
 *
 * @throws Error saying what is wrong with the address, for the caller to add the field's path.
 */
export function grpcTarget(serverUri: string): string {
  const [, scheme, rest] = schemePattern.exec(serverUri) ?? []
  if (scheme === undefined || rest === undefined) return `dns:///${checkHostPort(serverUri)}`
  switch (scheme.toLowerCase()) {
    case 'dns': {
      checkHostPort(endpointOf(rest))
      return serverUri
    }
    case 'passthrough':
      // Go's name for "hand the address to the dialler as it is". The dialler takes socket paths too.
      return grpcTarget(endpointOf(rest))
    case 'unix':
      if (endpointOf(rest).replace(/^\/+/, '') === '') throw new Error('names no socket path')
      return serverUri
    case 'ipv4':
      checkAddresses(rest, isIPv4, 'IPv4')
      return serverUri
    case 'ipv6':
      checkAddresses(rest, isIPv6, 'IPv6')
      return serverUri
  }
  // What is left is host:port, whose host looks like a scheme.
  if (rest.startsWith('//') || !/^\d+$/.test(rest)) {
    throw new Error(`has the scheme ${scheme}, which is not known; write host:port, dns:, unix:, ipv4: or ipv6:`)
  }
  return `dns:///${checkHostPort(serverUri)}`
}

/** What follows `//authority/`, or all of it when there is no authority. */
function endpointOf(rest: string): string {
  if (!rest.startsWith('//')) return rest
  const slash = rest.indexOf('/', 2)
  return slash < 0 ? '' : rest.slice(slash + 1)
}

function checkHostPort(address: string): string {
  if (address === '') throw new Error('names no host')
  const { host, port } = splitHostPort(address)
  if (host === '' || /[\s/@]/.test(host)) throw new Error(`has no usable host in ${JSON.stringify(address)}`)
  if (port !== undefined) checkPort(port)
  return address
}

function checkAddresses(rest: string, isAddress: (host: string) => boolean, family: string): void {
  for (const address of endpointOf(rest).split(',')) {
    const { host, port } = splitHostPort(address)
    if (!isAddress(host)) throw new Error(`has ${JSON.stringify(address)}, which is no ${family} address`)
    if (port !== undefined) checkPort(port)
  }
}

function splitHostPort(address: string): { host: string; port: string | undefined } {
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(.*))?$/s.exec(address) ?? []
  if (bracketed !== undefined) return { host: bracketed, port: bracketedPort }
  const colon = address.lastIndexOf(':')
  // More than one colon without brackets is an IPv6 address without a port.
  if (colon < 0 || address.indexOf(':') !== colon) return { host: address, port: undefined }
  return { host: address.slice(0, colon), port: address.slice(colon + 1) }
}

function checkPort(port: string): void {
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new Error(`has the port ${JSON.stringify(port)}, which is not a number from 1 to 65535`)
  }
}
