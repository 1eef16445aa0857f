import type { MirrorPolicy } from '../model/http-route.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import { readDestination, readDestinationValue } from './destination.js'
import { readPercent } from './http-fault.js'

/**
 * Reads `mirror`, its percentage and `mirrors`. Policies of 0 percent are left out.
 *
 * @param fields - The fields of the route.
 * @param namespace - Namespace of the VirtualService.
 */
export function readMirrors(fields: YamlFields, namespace: string): readonly MirrorPolicy[] {
  const mirrors: MirrorPolicy[] = []
  const single = fields.get('mirror')
  const percentage = fields.get('mirrorPercentage')
  const range = { min: 0, max: 100 }
  const percent = fields.integer('mirrorPercent', range) ?? fields.integer('mirror_percent', range)
  if (single !== undefined) {
    const destination = readDestinationValue(single, namespace)
    if (destination !== undefined) {
      mirrors.push({ destination, percent: percentage === undefined ? (percent ?? 100) : readPercent(percentage) })
    }
  }
  for (const item of fields.items('mirrors')) {
    const mirror = readFields(item, (entry) => readMirror(entry, namespace))
    if (mirror !== undefined) mirrors.push(mirror)
  }
  return mirrors.filter((mirror) => mirror.percent > 0)
}

function readMirror(fields: YamlFields, namespace: string): MirrorPolicy {
  const percentage = fields.get('percentage')
  return {
    destination: readDestination(fields, 'destination', namespace),
    percent: percentage === undefined ? 100 : readPercent(percentage),
  }
}
