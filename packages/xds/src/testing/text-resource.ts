import { create, RouteConfiguration, TypeUrl, VirtualHost } from '@inmesh/xds-proto'
import type { ResourceType } from '../resource/resource-type.js'

/** A resource type whose value is a word, and which counts how often it decodes. */
export interface TextType extends ResourceType<string> {
  /** How many resources were decoded so far. */
  decoded: number
}

/**
 * A type that shows the protocol without the meaning of real resources. A resource is a RouteConfiguration under the type's own URL; its
 * word is the name of the first virtual host, and `bad` words are malformed with two errors.
 */
export function textType(typeUrl: string, shortName: string, fullState: boolean): TextType {
  return {
    typeUrl,
    shortName,
    fullState,
    decoded: 0,
    decode(bytes) {
      this.decoded++
      const { name, virtualHosts } = RouteConfiguration.decode(bytes)
      const word = virtualHosts[0]?.name ?? ''
      if (word === 'throw') throw new Error('a defect of the decoder')
      if (!word.startsWith('bad')) return { kind: 'valid', name, value: word, unsupported: [] }
      return {
        kind: 'malformed',
        name,
        errors: [
          { field: 'virtual_hosts[0].name', message: `is ${word}` },
          { field: 'virtual_hosts[0].domains', message: 'is missing' },
        ],
      }
    },
  }
}

/** The bytes of a resource of any {@link textType}. */
export function textResource(name: string, word: string): Uint8Array {
  return RouteConfiguration.encode(
    create(RouteConfiguration, { name, virtualHosts: [create(VirtualHost, { name: word })] }),
  ).finish()
}

/** A type of which a response holds every resource, as of listeners. */
export function fullStateType(): TextType {
  return textType(TypeUrl.Listener, 'LDS', true)
}

/** A type of which a response may hold some resources only, as of endpoints. */
export function partialStateType(): TextType {
  return textType(TypeUrl.ClusterLoadAssignment, 'EDS', false)
}
