import { type Any, Resource, type ResourceError, TypeUrl, unpackAny } from '@inmesh/xds-proto'
import { canonicalName } from '../../resource/xdstp-name.js'
import { peekResourceName } from './resource-name.js'

/** What a response says, in whichever variant of the protocol it came. */
export interface DiscoveryAnswer {
  readonly typeUrl: string
  /** Version of the response as a whole; in the incremental variant for debugging only. */
  readonly version: string
  readonly nonce: string
  readonly resources: readonly ReceivedResource[]
  /** Names of what does not exist; the incremental variant only. */
  readonly removed: readonly string[]
  /** Resources that the server has an error for in their place (xRFC TP3). */
  readonly errors: readonly ReceivedError[]
}

/** One resource of a response, the Any and a `Resource` around it taken off; or what keeps it from being one. */
export type ReceivedResource =
  | {
      readonly kind: 'resource'
      /** Undefined when it cannot be read. */
      readonly name: string | undefined
      /** In the incremental variant its own, else that of the response. */
      readonly version: string
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'unusable'; readonly bytes: Uint8Array; readonly complaint: string }

/** An error in place of a resource. */
export interface ReceivedError {
  readonly name: string
  /** gRPC status. */
  readonly status: number
  readonly message: string
}

/** Reads a resource of a state-of-the-world response, where a `Resource` around it is possible (xDS protocol, "Resource wrapper"). */
export function receivedAny(any: Any, typeUrl: string, version: string): ReceivedResource {
  if (any.typeUrl !== TypeUrl.Resource || typeUrl === TypeUrl.Resource) return received(any, '', typeUrl, version)
  let wrapper: Resource | undefined
  try {
    wrapper = unpackAny(Resource, any)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return unusable(any.value, `the Resource around it cannot be decoded: ${reason}`)
  }
  if (wrapper?.resource === undefined) return unusable(any.value, 'the Resource around it is empty')
  return received(wrapper.resource, wrapper.name, typeUrl, version)
}

/** Reads a resource of an incremental response. Times to live are not asked for, and one that is there is passed over. */
export function receivedResource({ name, version, resource }: Resource, typeUrl: string): ReceivedResource {
  if (resource === undefined) return unusable(Buffer.from(name), `the Resource "${name}" is empty`)
  return received(resource, name, typeUrl, version)
}

/** Reads an error of a response; undefined for one that names nothing. */
export function receivedError({ resourceName, errorDetail }: ResourceError): ReceivedError | undefined {
  if (resourceName === undefined || resourceName.name === '') return undefined
  return { name: canonicalName(resourceName.name), status: errorDetail?.code ?? 2, message: errorDetail?.message ?? '' }
}

/** The wrapper's name counts: an incremental subscription goes by it. */
function received(any: Any, wrapperName: string, typeUrl: string, version: string): ReceivedResource {
  if (any.typeUrl !== typeUrl) return unusable(any.value, `it is of type ${any.typeUrl || '(none)'}, not ${typeUrl}`)
  const name = wrapperName === '' ? peekResourceName(any.value) : canonicalName(wrapperName)
  return { kind: 'resource', name, version, bytes: any.value }
}

function unusable(bytes: Uint8Array, complaint: string): ReceivedResource {
  return { kind: 'unusable', bytes, complaint }
}
