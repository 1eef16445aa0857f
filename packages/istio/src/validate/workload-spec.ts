import { isIP } from 'node:net'
import { noLocality, parseLocality } from '../model/locality.js'
import type { WorkloadSpec } from '../model/workload-entry.js'
import type { YamlFields } from '../read/yaml-fields.js'

const portRange = { min: 1, max: 65_535 }

/** What is said of an endpoint that nothing is said of. */
export const noWorkload: WorkloadSpec = {
  address: '',
  ports: {},
  labels: {},
  locality: noLocality,
  weight: 1,
  serviceAccount: '',
}

/**
 * Reads the fields that a WorkloadEntry and an inline endpoint share.
 *
 * @param fields - The fields.
 * @param allowHostName - Whether the address may be a DNS name, as under `resolution: DNS`.
 */
export function readWorkloadSpec(fields: YamlFields, allowHostName: boolean): WorkloadSpec {
  const addressValue = fields.require('address')
  const address = addressValue?.string() ?? ''
  if (address.startsWith('unix:')) addressValue?.fail('Unix domain sockets are not supported')
  else if (addressValue !== undefined && address !== '' && !allowHostName && isIP(address) === 0) {
    addressValue.fail('must be an IP address')
  }
  const ports: Record<string, number> = {}
  for (const [name, value] of fields.get('ports')?.entries() ?? []) {
    const port = value.integer(portRange)
    if (port !== undefined) ports[name] = port
  }
  fields.notCarriedOut(['network'], 'endpoints are reached at their address, not through a gateway')
  const locality = fields.string('locality')
  return {
    address,
    ports,
    labels: fields.stringMap('labels'),
    locality: locality === undefined ? noLocality : parseLocality(locality),
    weight: fields.integer('weight', { min: 1, max: 0xffff_ffff }) ?? 1,
    serviceAccount: fields.string('serviceAccount') ?? '',
  }
}
