import type { BalancingMethod, HashKey, LoadBalancerSettings, Warmup } from '../model/traffic-policy.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'

const simpleMethods = ['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'] as const
// Istio's default (api, ConsistentHashLB.RingHash).
const defaultRingSize = 1024
const defaultWarmupPercent = 10

/** Reads the `loadBalancer` of a traffic policy. */
export function readLoadBalancer(fields: YamlFields): LoadBalancerSettings {
  const simple = readSimple(fields)
  const hash = fields.fields('consistentHash', readConsistentHash)
  if (simple !== undefined && hash !== undefined) {
    fields.owner.fail('only one of simple and consistentHash can be given')
  }
  const method = hash ?? simple
  const warmup = readWarmup(fields)
  fields.notCarriedOut(['zoneAwareLbSetting'], 'endpoints near the caller are preferred by localityLbSetting only')
  const locality = fields.fields('localityLbSetting', readLocality)
  return {
    ...(method === undefined ? {} : { method }),
    ...(warmup === undefined ? {} : { warmup }),
    ...(locality ?? { localityFailover: true, failover: [] }),
  }
}

function readSimple(fields: YamlFields): BalancingMethod | undefined {
  switch (fields.oneOf('simple', simpleMethods)) {
    case 'LEAST_CONN':
    case 'LEAST_REQUEST':
      return { kind: 'least-request' }
    case 'ROUND_ROBIN':
      return { kind: 'round-robin' }
    case 'RANDOM':
      return { kind: 'random' }
    case 'PASSTHROUGH':
      fields.get('simple')?.fail('PASSTHROUGH is not supported: a caller in process has no original destination')
      return undefined
    case 'UNSPECIFIED':
    case undefined:
      return undefined
  }
}

function readConsistentHash(fields: YamlFields): BalancingMethod | undefined {
  const key = readHashKey(fields)
  const oldRingSize = readSize(fields, 'minimumRingSize')
  const ringSize = fields.fields('ringHash', (ring) => readSize(ring, 'minimumRingSize') ?? defaultRingSize)
  const maglev = fields.fields('maglev', (table) => ({ tableSize: readSize(table, 'tableSize') }))
  if (ringSize !== undefined && maglev !== undefined) fields.owner.fail('only one of ringHash and maglev can be given')
  if (key === undefined) return undefined
  if (maglev !== undefined) {
    const { tableSize } = maglev
    return {
      kind: 'consistent-hash',
      key,
      algorithm: { kind: 'maglev', ...(tableSize === undefined ? {} : { tableSize }) },
    }
  }
  const minimumRingSize = ringSize ?? oldRingSize ?? defaultRingSize
  return { kind: 'consistent-hash', key, algorithm: { kind: 'ring-hash', minimumRingSize } }
}

function readSize(fields: YamlFields, name: string): number | undefined {
  return fields.integer(name, { min: 1, max: 8_388_608 })
}

function readHashKey(fields: YamlFields): HashKey | undefined {
  const header = fields.string('httpHeaderName')
  const cookie = fields.fields('httpCookie', readCookie)
  const parameter = fields.string('httpQueryParameterName')
  const source = fields.boolean('useSourceIp')
  const keys: HashKey[] = []
  if (header !== undefined) keys.push({ kind: 'header', name: header })
  if (cookie !== undefined) keys.push(cookie)
  if (parameter !== undefined) keys.push({ kind: 'query-parameter', name: parameter })
  if (source === true) keys.push({ kind: 'source-address' })
  if (keys.length !== 1) {
    fields.owner.fail('exactly one of httpHeaderName, httpCookie, httpQueryParameterName and useSourceIp must be given')
  }
  return keys[0]
}

function readCookie(fields: YamlFields): HashKey {
  const ttlMs = fields.durationMs('ttl')
  const attributes = fields.items('attributes').map((item) =>
    readFields(item, (attribute) => ({
      name: attribute.requiredString('name'),
      value: attribute.string('value') ?? '',
    })),
  )
  return {
    kind: 'cookie',
    name: fields.requiredString('name'),
    path: fields.string('path') ?? '',
    ...(ttlMs === undefined ? {} : { ttlMs }),
    attributes: attributes.filter((attribute) => attribute !== undefined),
  }
}

// `warmupDurationSecs` is the older form.
function readWarmup(fields: YamlFields): Warmup | undefined {
  const oldDurationMs = fields.durationMs('warmupDurationSecs')
  const warmup = fields.fields('warmup', (slow) => ({
    durationMs: slow.require('duration')?.durationMs() ?? 0,
    minimumPercent: slow.get('minimumPercent')?.number({ min: 0, max: 100 }) ?? defaultWarmupPercent,
    aggression: slow.get('aggression')?.number({ min: 1 }) ?? 1,
  }))
  if (warmup !== undefined || oldDurationMs === undefined) return warmup
  return { durationMs: oldDurationMs, minimumPercent: defaultWarmupPercent, aggression: 1 }
}

function readLocality(fields: YamlFields): Pick<LoadBalancerSettings, 'localityFailover' | 'failover'> {
  fields.notCarriedOut(['distribute', 'failoverPriority'], 'only failover between regions is')
  const failover = fields.items('failover').map((item) =>
    readFields(item, (entry) => ({
      from: entry.requiredString('from'),
      to: entry.requiredString('to'),
    })),
  )
  return {
    localityFailover: fields.boolean('enabled') ?? true,
    failover: failover.filter((entry) => entry !== undefined),
  }
}
