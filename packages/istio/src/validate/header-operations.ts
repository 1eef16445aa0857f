import type { HeaderChanges, HeaderOperations } from '../model/http-route.js'
import type { YamlFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'

const noChanges: HeaderChanges = { set: {}, add: {}, remove: [] }
const headerName = /^(?::authority|[!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/
const controlCharacter = /[\0\r\n]/

/** Reads the header changes of a route or a destination. */
export function readHeaderOperations(fields: YamlFields): HeaderOperations {
  return {
    request: fields.fields('request', readChanges) ?? noChanges,
    response: fields.fields('response', readChanges) ?? noChanges,
  }
}

function readChanges(fields: YamlFields): HeaderChanges {
  return { set: readHeaders(fields, 'set'), add: readHeaders(fields, 'add'), remove: readNames(fields) }
}

function readHeaders(fields: YamlFields, name: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [header, value] of fields.get(name)?.entries() ?? []) {
    checkName(value, header)
    const text = value.string()
    if (text === undefined) continue
    if (controlCharacter.test(text)) value.fail('must not hold line breaks')
    headers[header] = text
  }
  return headers
}

function readNames(fields: YamlFields): readonly string[] {
  const names: string[] = []
  for (const item of fields.items('remove')) {
    const name = item.string()
    if (name === undefined) continue
    checkName(item, name)
    names.push(name)
  }
  return names
}

function checkName(value: YamlValue, name: string): void {
  if (!headerName.test(name)) value.fail('is not the name of a header')
}
