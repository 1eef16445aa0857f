import { type ErrorPlace, MeshError } from '@inmesh/core'
import { placeText } from './place-text.js'

/** Something in a file that is valid but is not carried out. Nothing that would weaken security is ever only a warning. */
export interface ConfigWarning {
  /** Where it lies. */
  readonly place: ErrorPlace
  /** The place and what is not carried out. */
  readonly message: string
}

/** Collects what is wrong with a configuration, so that one reading reports all of it. */
export class Problems {
  readonly #errors: MeshError[] = []
  readonly #warnings: ConfigWarning[] = []

  /** Errors in the order found. */
  get errors(): readonly MeshError[] {
    return this.#errors
  }

  /** Warnings in the order found. */
  get warnings(): readonly ConfigWarning[] {
    return this.#warnings
  }

  /**
   * @param place - Where the error lies.
   * @param message - What is wrong, a sentence without the final stop.
   * @param cause - The error that caused it.
   */
  error(place: ErrorPlace, message: string, cause?: unknown): void {
    this.#errors.push(new MeshError('ERR_INMESH_CONFIG_FILE', text(place, message), { place, cause }))
  }

  /**
   * @param place - Where the part lies that is not carried out.
   * @param message - What is not carried out, a sentence without the final stop.
   */
  warn(place: ErrorPlace, message: string): void {
    this.#warnings.push({ place, message: text(place, message) })
  }
}

function text(place: ErrorPlace, message: string): string {
  const where = placeText(place)
  return where === '' ? message : `${where}: ${message}`
}
