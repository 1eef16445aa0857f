import { MeshError } from '@inmesh/core'
import type { FieldError, ResourceType } from '../resource/resource-type.js'
import { ownBytes } from './resource-bytes.js'

/** Why a copy was refused. One that stood in a response twice may be good when it comes alone. */
export type RejectionReason = 'malformed' | 'duplicate'

/** A copy of a resource that was refused. */
export interface Rejection {
  readonly bytes: Uint8Array
  readonly reason: RejectionReason
  /** Version of the copy, or of the response it came in; may be empty. */
  readonly version: string
  /** Every complaint with its field, one sentence. */
  readonly complaint: string
  /** The same, for watchers. */
  readonly error: MeshError
}

/** All complaints about a resource in one sentence. */
export function describeErrors(errors: readonly FieldError[]): string {
  return errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ')
}

/**
 * Refuses a copy.
 *
 * @param suffix - Ends the message that watchers get, such as the node id.
 */
export function refuse(
  type: ResourceType<unknown>,
  name: string,
  copy: {
    readonly bytes: Uint8Array
    readonly version?: string
    readonly reason: RejectionReason
    readonly errors: readonly FieldError[]
  },
  suffix = '',
): Rejection {
  const complaint = `${type.shortName} "${name}": ${describeErrors(copy.errors)}`
  const field = copy.errors[0]?.field ?? ''
  const place = field === '' ? { resource: name } : { resource: name, field }
  const error = new MeshError('ERR_INMESH_RESOURCE_INVALID', complaint + suffix, { place })
  return { bytes: ownBytes(copy.bytes), version: copy.version ?? '', reason: copy.reason, complaint, error }
}
