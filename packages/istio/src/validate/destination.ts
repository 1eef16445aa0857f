import { fullHostName } from '../host/host-name.js'
import type { Destination } from '../model/http-route.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'

/**
 * Reads a Destination that must be there.
 *
 * @param fields - The fields around it.
 * @param name - The field that holds it.
 * @param namespace - Namespace of the VirtualService, which short host names belong to.
 */
export function readDestination(fields: YamlFields, name: string, namespace: string): Destination {
  const value = fields.require(name)
  return (
    (value === undefined ? undefined : readDestinationValue(value, namespace)) ?? {
      host: '',
      subset: '',
      place: fields.owner.place,
    }
  )
}

/** Reads a Destination. */
export function readDestinationValue(value: YamlValue, namespace: string): Destination | undefined {
  return readFields(value, (fields) => {
    const port = fields.fields('port', (selector) => selector.require('number')?.integer({ min: 1, max: 65_535 }))
    return {
      host: fullHostName(fields.requiredString('host'), namespace),
      subset: fields.string('subset') ?? '',
      ...(port === undefined ? {} : { port }),
      place: (fields.get('subset') ?? fields.get('host') ?? value).place,
    }
  })
}
