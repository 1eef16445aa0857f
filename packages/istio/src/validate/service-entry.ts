import { fullHostName } from '../host/host-name.js'
import type { PortProtocol, Resolution, ServiceEntry, ServiceHost, ServicePort } from '../model/service-entry.js'
import type { WorkloadSpec } from '../model/workload-entry.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'
import { readIdentity, readVisibility } from './resource-identity.js'
import { noWorkload, readWorkloadSpec } from './workload-spec.js'

const resolutions = ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'] as const
const portRange = { min: 1, max: 65_535 }

// Protocols whose bytes are looked into. All others, TLS and HTTPS among them, are carried as they are (Istio, "Protocol selection").
const protocols: Readonly<Record<string, PortProtocol>> = {
  HTTP: 'http',
  HTTP2: 'http2',
  GRPC: 'http2',
  'GRPC-WEB': 'http',
  HTTPS: 'opaque',
  TLS: 'opaque',
  TCP: 'opaque',
  MONGO: 'opaque',
  MYSQL: 'opaque',
  REDIS: 'opaque',
  UDP: 'opaque',
}

/** Reads a ServiceEntry. */
export function readServiceEntry(fields: YamlFields): ServiceEntry {
  const identity = readIdentity(fields, 'ServiceEntry')
  fields.require('spec')
  const spec = fields.fields('spec', (spec) => readSpec(spec, identity.namespace))
  return {
    ...identity,
    ...(spec ?? { hosts: [], addresses: [], ports: [], resolution: 'NONE', endpoints: [], visibility: 'all' }),
  }
}

type ServiceSpec = Omit<ServiceEntry, 'kind' | 'name' | 'namespace' | 'labels' | 'place'>

function readSpec(spec: YamlFields, namespace: string): ServiceSpec {
  const resolution: Resolution = spec.oneOf('resolution', resolutions) ?? 'NONE'
  const viaDns = resolution !== 'STATIC' && resolution !== 'NONE'
  if (resolution === 'DYNAMIC_DNS') {
    // Calls fail with "no healthy endpoint" rather than go astray.
    spec.get('resolution')?.warn('names that only a request tells are not looked up; the service has no endpoints')
  }
  spec.oneOf('location', ['MESH_EXTERNAL', 'MESH_INTERNAL'])
  spec.refuse(
    ['subjectAltNames'],
    'names to verify are not supported yet, and leaving them out would weaken verification',
  )
  const hosts = readHosts(spec, namespace)
  const workloadSelector = spec.fields('workloadSelector', (selector) => selector.stringMap('labels'))
  const endpoints = spec.items('endpoints').map((item) => readEndpoint(item, viaDns))
  if (workloadSelector !== undefined && endpoints.length > 0) {
    spec.get('workloadSelector')?.fail('endpoints and workloadSelector exclude each other')
  }
  return {
    hosts,
    addresses: spec.strings('addresses'),
    ports: readPorts(spec),
    resolution,
    endpoints,
    ...(workloadSelector === undefined ? {} : { workloadSelector }),
    visibility: readVisibility(spec, namespace),
  }
}

function readHosts(spec: YamlFields, namespace: string): readonly ServiceHost[] {
  const items = spec.require('hosts')?.items() ?? []
  if (items.length === 0) spec.get('hosts')?.fail('must name at least one host')
  const hosts: ServiceHost[] = []
  for (const item of items) {
    const text = item.string()
    if (text === undefined) continue
    if (text === '') item.fail('must not be empty')
    else if (text.startsWith('*')) item.warn('is not carried out: a host with a wildcard cannot be asked for by name')
    else hosts.push({ name: fullHostName(text, namespace), place: item.place })
  }
  return hosts
}

function readEndpoint(item: YamlValue, viaDns: boolean): WorkloadSpec {
  return readFields(item, (fields) => readWorkloadSpec(fields, viaDns)) ?? noWorkload
}

function readPorts(spec: YamlFields): readonly ServicePort[] {
  const items = spec.require('ports')?.items() ?? []
  if (items.length === 0) spec.get('ports')?.fail('must name at least one port')
  const numbers = new Set<number>()
  const names = new Set<string>()
  const ports: ServicePort[] = []
  for (const item of items) {
    const port = readFields(item, readPort)
    if (port === undefined) continue
    if (numbers.has(port.number)) item.fail(`port ${port.number} is listed twice`)
    if (names.has(port.name)) item.fail(`the name ${port.name} is used twice`)
    numbers.add(port.number)
    names.add(port.name)
    ports.push(port)
  }
  return ports
}

function readPort(fields: YamlFields): ServicePort {
  const number = fields.require('number')?.integer(portRange) ?? 0
  const name = fields.requiredString('name')
  const protocol = fields.get('protocol')
  return {
    name,
    number,
    targetPort: fields.integer('targetPort', portRange) ?? number,
    protocol: protocol === undefined ? protocolOfName(name) : protocolOf(protocol),
  }
}

function protocolOf(value: YamlValue): PortProtocol {
  const text = value.string()
  if (text === undefined) return 'opaque'
  const found = protocols[text.toUpperCase()]
  if (found === undefined) value.fail(`must be one of ${Object.keys(protocols).join(', ')}`)
  return found ?? 'opaque'
}

// Istio tells the protocol by the name (`grpc-web`, `http2-admin`) where none is given; it guesses from the first bytes where that says
// nothing, and callers of a mesh of this kind speak HTTP.
function protocolOfName(name: string): PortProtocol {
  const upper = name.toUpperCase()
  const known = Object.keys(protocols).filter((protocol) => upper === protocol || upper.startsWith(`${protocol}-`))
  const longest = known.sort((one, other) => other.length - one.length)[0]
  return longest === undefined ? 'http' : (protocols[longest] ?? 'http')
}
