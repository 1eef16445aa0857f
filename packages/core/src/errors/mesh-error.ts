import type { MeshErrorCode } from './error-codes.js'

/** Where an error in configuration lies. Each part is absent where it does not apply. */
export interface ErrorPlace {
  /** File the input came from. */
  readonly file?: string
  /** Line in that file, counted from 1. */
  readonly line?: number
  /** Name of the resource. */
  readonly resource?: string
  /** Path of the field within the resource, as the user wrote it: `virtual_hosts[0].routes[2].match`. */
  readonly field?: string
}

/** Every error that Inmesh raises. Compare `code`, which is stable, never the message. */
export class MeshError extends Error {
  /** Always `MeshError`. */
  override readonly name = 'MeshError'
  /** Stable code, one of the table in docs/errors.md. */
  readonly code: MeshErrorCode
  /** Where the input that caused it lies, when it was input. */
  readonly place: ErrorPlace

  /**
   * @param code - Stable code.
   * @param message - What is wrong and, where known, what to do about it.
   * @param options - The place of the input and the error that caused this one.
   */
  constructor(code: MeshErrorCode, message: string, options: { place?: ErrorPlace; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.place = options.place ?? {}
  }
}
