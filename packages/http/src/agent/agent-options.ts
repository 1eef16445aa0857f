import type { AgentOptions, RequestOptions } from 'node:http'
import { checkServerIdentity } from 'node:tls'
import { MeshError } from '@inmesh/core'
import { checkCallOptions, type MeshCallOptions } from '../client/call-options.js'
import type { AuthorityCertificates } from '../client/tls/trust.js'

/**
 * Options of `mesh.httpAgent()` and `mesh.httpsAgent()`: those of node's agents that make sense where the mesh makes the connections.
 * Whatever node's agents do with connections to endpoints (`keepAlive`, `keepAliveMsecs`, `noDelay`) is up to the cluster.
 */
export interface MeshAgentOptions
  extends Pick<AgentOptions, 'maxFreeSockets' | 'maxSockets' | 'maxTotalSockets' | 'scheduling' | 'timeout'> {
  /** Options of the mesh for every request of the agent; those of a request itself come before. */
  readonly mesh?: MeshCallOptions
}

/** Options of `mesh.httpsAgent()`. */
export interface MeshHttpsAgentOptions extends MeshAgentOptions {
  /**
   * Authorities in PEM that servers are verified by, in place of those of the process. The name is verified in any case. A cluster that the
   * control plane gave a TLS context of its own is refused to such an agent (ERR_INMESH_OPTIONS). Default: the authorities of the process.
   */
  readonly ca?: AuthorityCertificates | undefined
}

/** Options of node's `http.request` with those of the mesh. */
export interface MeshClientRequestOptions extends RequestOptions {
  /** Options of the mesh for this request. */
  readonly mesh?: MeshCallOptions
}

/** Options of node's that say where to connect, which the mesh decides, or by whom it must be allowed. */
const CONNECTION_OPTIONS = ['localAddress', 'localPort', 'lookup', 'proxyEnv', 'socketPath']

/** Options of node's that say how to verify and be verified, which the mesh does. */
const TLS_OPTIONS = [
  'ALPNCallback',
  'ALPNProtocols',
  'SNICallback',
  'allowPartialTrustChain',
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'key',
  'maxVersion',
  'minDHSize',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'rejectUnauthorized',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'servername',
  'session',
  'sigalgs',
]

type Options = Readonly<Record<string, unknown>>

/**
 * Looks for options that would be without effect and may not be.
 *
 * @param options - Of an agent or of a request.
 * @param secure - Whether they are for `https:`. For `http:` node ignores what is meant for TLS.
 * @returns what is wrong with them, undefined when nothing is.
 */
export function refuseOptions(options: object, secure: boolean): MeshError | undefined {
  const given = options as Options
  for (const name of CONNECTION_OPTIONS) {
    if (isGiven(given[name])) return refusal(name, 'the mesh decides where a request goes')
  }
  if (!secure) return undefined
  for (const name of TLS_OPTIONS) {
    const value = given[name]
    if (isGiven(value) && !asByDefault(name, value, given)) {
      return refusal(name, 'the mesh verifies by its own configuration')
    }
  }
  return undefined
}

/**
 * @param options - Options as given to make an agent.
 * @param secure - Whether it is for `https:`.
 * @returns those that node's agent is made with.
 * @throws MeshError ERR_INMESH_OPTIONS when some cannot be carried out.
 */
export function checkAgentOptions(options: MeshHttpsAgentOptions, secure: boolean): AgentOptions {
  const { mesh, ca, ...plain } = options
  const wrong = refuseOptions(plain, secure) ?? (mesh && checkCallOptions(mesh))
  if (wrong !== undefined) throw wrong
  return { ...plain, keepAlive: true }
}

/**
 * The same for an agent whose connections stay in memory: without this name node's agent works one for TLS out of the headers of every
 * request, also for `http:`.
 *
 * @param options - Options as given to make an agent.
 * @param secure - Whether it is for `https:`.
 * @throws MeshError ERR_INMESH_OPTIONS when some cannot be carried out.
 */
export function memoryAgentOptions(
  options: MeshHttpsAgentOptions,
  secure: boolean,
): AgentOptions & { servername: string } {
  return { ...checkAgentOptions(options, secure), servername: '' }
}

/**
 * Whether anything is said about how to verify or be verified that goes beyond what is so anyway.
 *
 * @param options - Of an agent or of a request.
 */
export function asksForTls(options: object): boolean {
  const given = options as Options
  return TLS_OPTIONS.some((name) => isGiven(given[name]) && !asByDefault(name, given[name], given))
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** HTTP clients spell out what would be so anyway. */
function asByDefault(name: string, value: unknown, { host }: Options): boolean {
  if (name === 'rejectUnauthorized') return value === true
  if (name === 'checkServerIdentity') return value === checkServerIdentity
  return name === 'servername' && value === host
}

function refusal(name: string, reason: string): MeshError {
  return new MeshError('ERR_INMESH_OPTIONS', `the option ${name} cannot be used with an agent of the mesh: ${reason}`)
}
