import type { WorkloadEntry } from '../model/workload-entry.js'
import type { YamlFields } from '../read/yaml-fields.js'
import { readIdentity } from './resource-identity.js'
import { noWorkload, readWorkloadSpec } from './workload-spec.js'

/** Reads a WorkloadEntry. */
export function readWorkloadEntry(fields: YamlFields): WorkloadEntry {
  const identity = readIdentity(fields, 'WorkloadEntry')
  fields.require('spec')
  return { ...identity, spec: fields.fields('spec', (spec) => readWorkloadSpec(spec, false)) ?? noWorkload }
}
