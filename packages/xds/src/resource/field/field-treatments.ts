import type { View } from '@inmesh/core'
import { protoFieldName } from './field-name.js'
import type { FieldScope } from './field-scope.js'
import type { ViewReasons } from './view-reasons.js'

/** What becomes of one field of a message. */
export type Treatment =
  /** The translation reads it. */
  | { readonly kind: 'carried' }
  /** It speaks of something that does not exist in a process without a proxy, or changes nothing that could be told. */
  | { readonly kind: 'moot' }
  /** It is listed, and calls go on without it. */
  | { readonly kind: 'left-out'; readonly reason: string }
  /** It is listed, and calls of these views that come to the message's part fail: going on without it would do the wrong thing. */
  | { readonly kind: 'refused'; readonly reason: string; readonly views: readonly View[] }

/** The translation reads the field. */
export const CARRIED: Treatment = { kind: 'carried' }

/** The field has no bearing on an application without a proxy. */
export const MOOT: Treatment = { kind: 'moot' }

/** Calls go on without the field. `reason` is a sentence without the final stop. */
export function leftOut(reason: string): Treatment {
  return { kind: 'left-out', reason }
}

/** Calls of `views` fail. `reason` is a sentence without the final stop. */
export function refusedFor(views: readonly View[], reason: string): Treatment {
  return { kind: 'refused', reason, views }
}

/**
 * HTTP calls fail. For what changes the meaning of an HTTP route and is not among the fields that gRPC reads (gRFC A28 names those;
 * the others a gRPC client ignores).
 */
export function refusedForHttp(reason: string): Treatment {
  return refusedFor(['http'], reason)
}

/** Treatments of all fields of a message. The compiler asks for every one, so that no field, new or old, is passed over in silence. */
export type TreatmentTable<Message> = {
  readonly [Field in keyof Message]-?: Treatment | ((value: NonNullable<Message[Field]>) => Treatment)
}

type UntypedTreatment = Treatment | ((value: unknown) => Treatment)

/** The table of one message, made ready to be applied. */
export class FieldTreatments<Message extends object> {
  readonly #treatments: readonly (readonly [keyof Message & string, UntypedTreatment])[]

  /**
   * @param table - One treatment per field, or a function that chooses one by the field's value.
   */
  constructor(table: TreatmentTable<Message>) {
    const entries = Object.entries(table) as [keyof Message & string, UntypedTreatment][]
    this.#treatments = entries.filter(([, treatment]) => treatment !== CARRIED && treatment !== MOOT)
  }

  /**
   * Lists every field that is set and not carried out.
   *
   * @param scope - Where the message stands.
   * @param message - The message.
   * @param refusals - Where the part's refusals are collected.
   */
  apply(scope: FieldScope, message: Message, refusals: ViewReasons): void {
    for (const [field, entry] of this.#treatments) {
      const value: unknown = message[field]
      if (!isSet(value)) continue
      const treatment = typeof entry === 'function' ? entry(value) : entry
      const place = scope.at(fieldName(field, value))
      if (treatment.kind === 'left-out') place.unsupported(treatment.reason)
      else if (treatment.kind === 'refused') refusals.add(place, treatment.reason, treatment.views)
    }
  }
}

/** The members of a oneof are fields of their own in the .proto file; the generated message has one key for all of them. */
function fieldName(key: string, value: unknown): string {
  const member = typeof value === 'object' && value !== null && '$case' in value ? value.$case : key
  return protoFieldName(String(member))
}

/** Whether a field differs from its proto3 default. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  return value !== undefined && value !== false && value !== 0 && value !== 0n && value !== ''
}
