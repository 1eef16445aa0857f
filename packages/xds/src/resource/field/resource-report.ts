import type { FieldError, Unsupported } from '../resource-type.js'

/** A resource can go wrong in as many places as it has elements; a NACK and a list for people must stay of a size to send and read. */
const LIMIT = 1000

/** Collects everything there is to say about one resource while it is translated: every error, not the first (gRFC A40). */
export class ResourceReport {
  /** What makes the resource malformed. */
  readonly errors: FieldError[] = []
  /** What is understood and not carried out. */
  readonly unsupported: Unsupported[] = []

  /** Adds an error; behind the limit only the fact that there are more is kept. */
  addError(field: string, message: string): void {
    if (this.errors.length < LIMIT) this.errors.push({ field, message })
    else if (this.errors.length === LIMIT) this.errors.push({ field: '', message: 'there are more errors than these' })
  }

  /** Adds an entry; behind the limit only the fact that there are more is kept. */
  addUnsupported(field: string, reason: string): void {
    if (this.unsupported.length < LIMIT) this.unsupported.push({ field, reason })
    else if (this.unsupported.length === LIMIT) {
      this.unsupported.push({ field: '', reason: 'there are more unsupported fields than these' })
    }
  }
}
