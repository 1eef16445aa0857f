import { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration, TypeUrl } from '@inmesh/xds-proto'
import { type ProtoJsonCodec, ProtoJsonError } from '@inmesh/xds-proto/json'
import type { XdsDocument } from '../model/xds-document.js'
import { fieldPathSteps } from '../read/field-path.js'
import { readFields } from '../read/yaml-fields.js'
import type { YamlValue } from '../read/yaml-value.js'

// What a data plane asks for by name, and how the name is read. Secrets stay out of configuration files.
const nameReaders: ReadonlyMap<string, (bytes: Uint8Array) => string> = new Map([
  [TypeUrl.Listener, (bytes) => Listener.decode(bytes).name],
  [TypeUrl.RouteConfiguration, (bytes) => RouteConfiguration.decode(bytes).name],
  [TypeUrl.Cluster, (bytes) => Cluster.decode(bytes).name],
  [TypeUrl.ClusterLoadAssignment, (bytes) => ClusterLoadAssignment.decode(bytes).clusterName],
])
// What a discovery response in JSON has beside its resources.
const responseFields = ['versionInfo', 'version_info', 'typeUrl', 'type_url', 'nonce']

/**
 * @param root - A document.
 * @returns whether it is xDS written directly: one resource, or a list of them under `resources`.
 */
export function isXdsDocument(root: YamlValue): boolean {
  const names = root.entries().map(([name]) => name)
  return names.includes('@type') || (names.includes('resources') && !names.includes('kind'))
}

/**
 * Reads the xDS resources of a document.
 *
 * @param root - The document, which {@link isXdsDocument} accepts.
 * @param codec - The proto-JSON codec.
 */
export function readXdsDocument(root: YamlValue, codec: ProtoJsonCodec): readonly XdsDocument[] {
  const single = root.entries().some(([name]) => name === '@type')
  const resources = single ? [root] : readList(root)
  return resources.map((resource) => readResource(resource, codec)).filter((resource) => resource !== undefined)
}

function readList(root: YamlValue): readonly YamlValue[] {
  return (
    readFields(root, (fields) => {
      fields.skip(...responseFields)
      return fields.items('resources')
    }) ?? []
  )
}

function readResource(value: YamlValue, codec: ProtoJsonCodec): XdsDocument | undefined {
  const place = value.place
  try {
    const any = codec.encodeAny(value.plain())
    const readName = nameReaders.get(any.typeUrl)
    if (readName === undefined) {
      value.at(['@type']).fail(`must be one of ${[...nameReaders.keys()].join(', ')}`)
      return undefined
    }
    const name = readName(any.value)
    if (name === '') value.fail('the resource has no name')
    return { typeUrl: any.typeUrl, name, bytes: any.value, place }
  } catch (error) {
    if (!(error instanceof ProtoJsonError)) throw error
    const below = value.at(fieldPathSteps(error.path))
    // The codec's path reaches into messages that the file may not hold as they are; the nearest value that it does hold gives the line.
    below.failAt(joinPaths(value.path, error.path), error.problem, error)
    return undefined
  }
}

function joinPaths(outer: string, inner: string): string {
  return outer === '' || inner === '' ? `${outer}${inner}` : `${outer}.${inner}`
}
