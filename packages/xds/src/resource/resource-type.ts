import type { Slices } from '@inmesh/core'

/** A part of a resource that was understood but is not carried out, or is refused by one view. */
export interface Unsupported {
  /** Path of the field in proto names: `virtual_hosts[0].routes[2].redirect`. */
  readonly field: string
  /** What is missing, a sentence without the final stop. */
  readonly reason: string
}

/** One thing that makes a resource malformed. */
export interface FieldError {
  /** Path of the field in proto names: `virtual_hosts[0].routes[2].match`. Empty for the resource as a whole. */
  readonly field: string
  /** What is wrong, a sentence without the final stop. */
  readonly message: string
}

/** A resource that can be used. */
export interface ValidResource<T> {
  /** Tag of the union. */
  readonly kind: 'valid'
  /** Its name. */
  readonly name: string
  /** What it means. */
  readonly value: T
  /** What of it is not carried out. */
  readonly unsupported: readonly Unsupported[]
}

/** A resource that must be rejected. */
export interface MalformedResource {
  /** Tag of the union. */
  readonly kind: 'malformed'
  /** Its name; empty when not even that could be read, and then no watcher can be told. */
  readonly name: string
  /** Every error, not only the first (gRFC A40). */
  readonly errors: readonly FieldError[]
}

/** What a resource's bytes mean. */
export type DecodedResource<T> = ValidResource<T> | MalformedResource

/** Where a resource comes from, as far as its meaning depends on that. */
export interface ResourceOrigin {
  /**
   * Whether it may decide what security rests on, as the authority that calls are sent with: the bootstrap says so by the server feature
   * `trusted_xds_server` (gRFC A81).
   */
  readonly trusted: boolean
}

/** Of a resource of which nothing else is known. */
export const UNTRUSTED: ResourceOrigin = Object.freeze({ trusted: false })

/** A kind of xDS resource, as a strategy: the protocol knows streams, names and versions, the type knows meaning. */
export interface ResourceType<T> {
  /** Full type URL, with the `type.googleapis.com/` prefix. */
  readonly typeUrl: string
  /** Short name for messages and logs: LDS, RDS, CDS or EDS. */
  readonly shortName: string
  /**
   * Whether a state-of-the-world response holds every resource there is, so that a resource that was received before and is not in it
   * was deleted. True for LDS and CDS only (xDS protocol, "Deleting resources").
   */
  readonly fullState: boolean
  /**
   * Decodes, validates and translates one resource. Never throws on bad input.
   *
   * @param bytes - The serialized message, the wrapping Any and Resource taken off.
   * @param previous - What the copy in use means. Parts that did not change may be taken over from it, so that they stay the same objects.
   * @param origin - Where it comes from. Default: it is not trusted.
   */
  decode(bytes: Uint8Array, previous?: T, origin?: ResourceOrigin): DecodedResource<T>
  /**
   * The same in slices, for types whose resources are large: the endpoints of one cluster can be more than a megabyte. Absent where
   * `decode` is always quick.
   */
  decodeSlices?(bytes: Uint8Array, previous?: T): Slices<DecodedResource<T>>
}
