import { NOTHING_REFUSED, type Refusals, type View } from '@inmesh/core'
import type { FieldScope } from './field-scope.js'

const BOTH: readonly View[] = ['http', 'grpc']

/**
 * Collects, view by view, why a part of a resource cannot be used, and lists each reason with the resource. The first reason of a view
 * stays: it is the one that a failed call tells.
 */
export class ViewReasons {
  readonly #consequence: string
  readonly #reasons: { -readonly [view in View]?: string } = {}

  private constructor(consequence: string) {
    this.#consequence = consequence
  }

  /** For a part that fails the calls which come to it. */
  static refusals(): ViewReasons {
    return new ViewReasons('calls that come here fail')
  }

  /** For a part of a listener of servers that costs the connections which come to it. */
  static connections(): ViewReasons {
    return new ViewReasons('connections that come here are closed')
  }

  /** For what makes over answers of the mesh itself. */
  static replies(): ViewReasons {
    return new ViewReasons('answers of the mesh stay as they are')
  }

  /** For a fault that is not injected. */
  static faults(): ViewReasons {
    return new ViewReasons('the fault is not injected')
  }

  /** For a route that does not exist for a view, so that matching goes on with the next. */
  static skips(): ViewReasons {
    return new ViewReasons('calls pass this route by')
  }

  /** Whether a view has a reason already. */
  has(view: View): boolean {
    return this.#reasons[view] !== undefined
  }

  /**
   * @param scope - The field that is to blame.
   * @param reason - A sentence without the final stop.
   * @param views - The views concerned. Default both.
   */
  add(scope: FieldScope, reason: string, views: readonly View[] = BOTH): void {
    const who = views.length === 1 ? (views[0] === 'http' ? 'HTTP ' : 'gRPC ') : ''
    scope.unsupported(`${reason}; ${who}${this.#consequence}`)
    for (const view of views) this.#reasons[view] ??= reason
  }

  /** Takes over reasons that are listed already, those of the part that this one belongs to. */
  inherit(reasons: Refusals): void {
    for (const view of BOTH) {
      const reason = reasons[view]
      if (reason !== undefined) this.#reasons[view] ??= reason
    }
  }

  /** What was collected, for the model. */
  toRefusals(): Refusals {
    return BOTH.some((view) => this.has(view)) ? { ...this.#reasons } : NOTHING_REFUSED
  }
}
