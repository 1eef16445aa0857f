import { type ResourceOrigin, UNTRUSTED } from '../resource-type.js'
import type { ResourceReport } from './resource-report.js'

/**
 * A place within a resource, under which errors and unsupported parts are reported. Its path is put together only when there is
 * something to report: most resources are fine, and some have ten thousand endpoints.
 */
export class FieldScope {
  /** Where the resource comes from. */
  readonly origin: ResourceOrigin
  readonly #report: ResourceReport
  readonly #parent: FieldScope | undefined
  readonly #field: string
  readonly #item: number | string | undefined

  private constructor(
    report: ResourceReport,
    origin: ResourceOrigin,
    parent: FieldScope | undefined,
    field: string,
    item: number | string | undefined,
  ) {
    this.origin = origin
    this.#report = report
    this.#parent = parent
    this.#field = field
    this.#item = item
  }

  /** The resource as a whole. */
  static root(report: ResourceReport, origin = UNTRUSTED): FieldScope {
    return new FieldScope(report, origin, undefined, '', undefined)
  }

  /**
   * @param field - Proto name of a field of the message at this place.
   * @param item - Index or map key, where the field has several values.
   */
  at(field: string, item?: number | string): FieldScope {
    return new FieldScope(this.#report, this.origin, this, field, item)
  }

  /** In proto names: `virtual_hosts[0].typed_per_filter_config["envoy.filters.http.fault"].delay`. */
  get path(): string {
    if (this.#parent === undefined) return ''
    const parent = this.#parent.path
    const name = parent === '' ? this.#field : `${parent}.${this.#field}`
    if (this.#item === undefined) return name
    return `${name}[${typeof this.#item === 'number' ? this.#item : JSON.stringify(this.#item)}]`
  }

  /** Notes that the resource is malformed here. `message` is a sentence without the final stop. */
  malformed(message: string): void {
    this.#report.addError(this.path, message)
  }

  /** Notes that what stands here is not carried out. `reason` is a sentence without the final stop. */
  unsupported(reason: string): void {
    this.#report.addUnsupported(this.path, reason)
  }
}
