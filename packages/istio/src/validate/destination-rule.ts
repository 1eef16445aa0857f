import { fullHostName } from '../host/host-name.js'
import type { DestinationRule, Subset } from '../model/destination-rule.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import { readIdentity, readVisibility } from './resource-identity.js'
import { readTrafficPolicy } from './traffic-policy.js'

/** Reads a DestinationRule. */
export function readDestinationRule(fields: YamlFields): DestinationRule {
  const identity = readIdentity(fields, 'DestinationRule')
  fields.require('spec')
  const spec = fields.fields('spec', (spec) => readSpec(spec, identity.namespace))
  return { ...identity, ...(spec ?? { host: '', hostPlace: identity.place, subsets: [], visibility: 'all' }) }
}

type DestinationRuleSpec = Pick<DestinationRule, 'host' | 'hostPlace' | 'trafficPolicy' | 'subsets' | 'visibility'>

function readSpec(spec: YamlFields, namespace: string): DestinationRuleSpec {
  const host = spec.requiredString('host')
  // A rule for some callers that held for all of them would change calls that nobody meant to change.
  spec.refuse(['workloadSelector'], 'a rule for some callers only is not supported yet')
  const trafficPolicy = spec.fields('trafficPolicy', readTrafficPolicy)
  return {
    host: fullHostName(host, namespace),
    hostPlace: (spec.get('host') ?? spec.owner).place,
    ...(trafficPolicy === undefined ? {} : { trafficPolicy }),
    subsets: readSubsets(spec),
    visibility: readVisibility(spec, namespace),
  }
}

function readSubsets(spec: YamlFields): readonly Subset[] {
  const subsets: Subset[] = []
  for (const item of spec.items('subsets')) {
    const subset = readFields(item, readSubset)
    if (subset === undefined) continue
    if (subsets.some((other) => other.name === subset.name)) item.fail(`the subset ${subset.name} is declared twice`)
    subsets.push(subset)
  }
  return subsets
}

function readSubset(fields: YamlFields): Subset {
  const trafficPolicy = fields.fields('trafficPolicy', readTrafficPolicy)
  const name = fields.requiredString('name')
  // The name becomes a part of the cluster's name, whose parts are told apart by bars.
  if (name.includes('|')) fields.get('name')?.fail('must not hold a bar')
  return {
    name,
    labels: fields.stringMap('labels'),
    ...(trafficPolicy === undefined ? {} : { trafficPolicy }),
  }
}
