import type { Locality } from '@inmesh/core'
import type { NodeView, RegisteredService } from '@inmesh/istio'
import type { Node } from '@inmesh/xds-proto'

/** The client of a stream, as its node message describes it. */
export interface ConnectedNode {
  /** `node.id`; empty when not given. */
  readonly id: string
  /** What it sees of the mesh. */
  readonly view: NodeView
  /** Its addresses, from `INSTANCE_IPS`: they stand in for an address that means "all of this machine's". */
  readonly instanceAddresses: readonly string[]
  /** The service that it serves; absent for a client that only calls. */
  readonly service?: RegisteredService
  /** Why it cannot be registered although it names a service. */
  readonly refusal?: string
}

const defaultNamespace = 'default'
const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
const namespaceName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/**
 * Reads who a client is. `NAMESPACE`, `LABELS` and `INSTANCE_IPS` of its metadata are Istio's; `INMESH_SERVICE` and `INMESH_SERVICE_PORT`
 * name the service that it serves.
 *
 * @param node - The message.
 */
export function connectedNode(node: Node | undefined): ConnectedNode {
  const metadata = node?.metadata ?? {}
  const id = node?.id ?? ''
  const namespace = text(metadata.NAMESPACE) ?? namespaceOfId(id) ?? defaultNamespace
  const view = { namespace, labels: labelsIn(metadata.LABELS), locality: localityOf(node) }
  const instanceAddresses = addressesIn(metadata.INSTANCE_IPS)
  const identity = { id, view, instanceAddresses }
  if (metadata.INMESH_SERVICE === undefined) return identity
  const service = text(metadata.INMESH_SERVICE)
  const servicePort = portIn(metadata.INMESH_SERVICE_PORT)
  if (service === undefined || !hostName.test(service)) {
    return { ...identity, refusal: 'INMESH_SERVICE must be the name of a service, as in DNS' }
  }
  if (!namespaceName.test(namespace))
    return { ...identity, refusal: 'NAMESPACE must be a name in lower case, as in DNS' }
  if (servicePort === 'invalid') {
    return { ...identity, refusal: 'INMESH_SERVICE_PORT must be a port from 1 to 65535' }
  }
  return { ...identity, service: { service, namespace, ...(servicePort === undefined ? {} : { servicePort }) } }
}

// Istio's ids are `type~ip~name.namespace~namespace.svc.cluster.local`.
function namespaceOfId(id: string): string | undefined {
  const parts = id.split('~')
  const namespace = parts.length === 4 ? parts[3]?.split('.')[0] : undefined
  return namespace === '' ? undefined : namespace
}

function localityOf(node: Node | undefined): Locality {
  const { region = '', zone = '', subZone = '' } = node?.locality ?? {}
  return { region, zone, subZone }
}

function labelsIn(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function addressesIn(value: unknown): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []
  return parts
    .filter((part) => typeof part === 'string')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

// 0 says nothing, as an option that stands for "whichever".
function portIn(value: unknown): number | undefined | 'invalid' {
  const port = typeof value === 'string' ? Number(value) : value
  if (port === undefined || port === null || port === 0) return undefined
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : 'invalid'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
