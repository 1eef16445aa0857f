import type { ErrorPlace } from '@inmesh/core'

/** An xDS resource written directly, in proto-JSON. It takes the place of a translated one of the same type and name. */
export interface XdsDocument {
  /** Full type URL. */
  readonly typeUrl: string
  /** Resource name. */
  readonly name: string
  /** The serialized message. */
  readonly bytes: Uint8Array
  /** Where it begins. */
  readonly place: ErrorPlace
}
