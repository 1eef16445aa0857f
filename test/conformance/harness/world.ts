import { loadJsonCodec } from '@inmesh/xds-proto/json'

/** A message in proto-JSON with its type URL in `@type`, or bytes in base64 that may be no message at all. */
export type ScriptedResource = Readonly<Record<string, unknown>>

/** Changes what is served. */
export type WorldChange = {
  /** Version of every type whose resources change. */
  readonly version: string
  /** Added, or put in place of what has their name. */
  readonly set?: readonly ScriptedResource[]
  /** Names that are taken away, by type. */
  readonly remove?: Readonly<Record<string, readonly string[]>>
  /** Whether everything that is not in `set` goes. */
  readonly whole?: boolean
}

/** One resource as served. */
export interface ServedResource {
  readonly name: string
  readonly version: string
  readonly typeUrl: string
  readonly value: Uint8Array
}

/** Everything of one type. */
export interface ServedType {
  version: string
  readonly resources: Map<string, ServedResource>
}

const prefix = 'type.googleapis.com/'
const codec = loadJsonCodec()

/**
 * Reads a resource: proto-JSON, or `{ "@type", name, base64 }`.
 *
 * @param json - As a test gives it.
 * @param version - Its version.
 */
export function readResource(json: ScriptedResource, version: string): ServedResource {
  const typeUrl = String(json['@type'])
  const name = String(json.name ?? json.cluster_name ?? '')
  if (typeof json.base64 === 'string') return { name, version, typeUrl, value: Buffer.from(json.base64, 'base64') }
  return { name, version, typeUrl, value: codec.encodeAny(json).value }
}

/** What a scripted server serves. */
export class World {
  /** Short names of the types about which nothing is said. */
  silent: ReadonlySet<string> = new Set()
  readonly #types = new Map<string, ServedType>()

  /** What is served of a type; empty where nothing is. */
  type(typeUrl: string): ServedType {
    let type = this.#types.get(typeUrl)
    if (type === undefined) {
      type = { version: '0', resources: new Map() }
      this.#types.set(typeUrl, type)
    }
    return type
  }

  change({ version, set = [], remove = {}, whole = false }: WorldChange): void {
    if (whole) {
      for (const type of this.#types.values()) {
        type.version = version
        type.resources.clear()
      }
    }
    for (const json of set) {
      const resource = readResource(json, version)
      const type = this.type(resource.typeUrl)
      type.version = version
      type.resources.set(resource.name, resource)
    }
    for (const [shortName, names] of Object.entries(remove)) {
      for (const [typeUrl, type] of this.#types) {
        if (shortNameOf(typeUrl) !== shortName) continue
        type.version = version
        for (const name of names) type.resources.delete(name)
      }
    }
  }
}

/** The last part of a type URL: `Listener`. */
export function shortNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1)
}

/** The type URL of a full name. */
export function typeUrlOf(fullName: string): string {
  return fullName.startsWith(prefix) ? fullName : prefix + fullName
}
