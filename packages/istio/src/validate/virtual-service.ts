import { fullHostName } from '../host/host-name.js'
import type { ServiceHost } from '../model/service-entry.js'
import type { VirtualService } from '../model/virtual-service.js'
import type { YamlFields } from '../read/yaml-fields.js'
import { readHttpRoute } from './http-route.js'
import { readIdentity, readVisibility } from './resource-identity.js'

/** Reads a VirtualService. */
export function readVirtualService(fields: YamlFields): VirtualService {
  const identity = readIdentity(fields, 'VirtualService')
  fields.require('spec')
  const spec = fields.fields('spec', (spec) => readSpec(spec, identity.namespace))
  return { ...identity, ...(spec ?? { hosts: [], http: [], visibility: 'all', forMesh: true }) }
}

type VirtualServiceSpec = Pick<VirtualService, 'hosts' | 'http' | 'visibility' | 'forMesh'>

function readSpec(spec: YamlFields, namespace: string): VirtualServiceSpec {
  const hosts = readHosts(spec, namespace)
  const gateways = spec.strings('gateways')
  const forMesh = gateways.length === 0 || gateways.includes('mesh')
  if (!forMesh)
    spec.get('gateways')?.warn('is not carried out: it holds for named gateways only, and there are none here')
  spec.notCarriedOut(['tcp', 'tls'], 'only HTTP routes are')
  const http = spec.items('http').map((item) => readHttpRoute(item, namespace))
  return {
    hosts,
    http: http.filter((route) => route !== undefined),
    visibility: readVisibility(spec, namespace),
    forMesh,
  }
}

function readHosts(spec: YamlFields, namespace: string): readonly ServiceHost[] {
  const value = spec.require('hosts')
  const items = value?.items() ?? []
  if (value !== undefined && items.length === 0) value.fail('must name at least one host')
  const hosts: ServiceHost[] = []
  for (const item of items) {
    const text = item.string()
    if (text === '') item.fail('must not be empty')
    else if (text !== undefined) hosts.push({ name: fullHostName(text, namespace), place: item.place })
  }
  return hosts
}
