import type { IncomingMessage } from 'node:http'
import { ContextView } from './context-view.js'

/** Who called, as far as it was proven. */
export interface MeshPeer {
  /** URI of its certificate, a SPIFFE id in a mesh. */
  readonly uri: string
}

/** What goes on with a request before and beside its handler. */
export interface RequestErrand {
  /** Name of the route that it took; may be empty. */
  readonly routeName: string
  /** The request is over. Absent where there is nothing to end. */
  end?(): void
}

/** Told when a request is over. */
export interface RequestFollower {
  /** Whether others who watch the server are to be kept from the request. */
  readonly isOwn: boolean
  /**
   * @param mesh - What the mesh knows of the request.
   * @param complete - Whether all of its response was handed to the network.
   */
  end(mesh: MeshRequest, complete: boolean): void
}

/** What a request can be tagged with. */
export type TagValue = string | number | boolean

const NO_TAGS: ReadonlyMap<string, TagValue> = new Map()

/** What the mesh knows of one inbound request: `req.mesh`. */
export class MeshRequest extends ContextView {
  #controller: AbortController | undefined
  #abandoned = false
  #over = false
  #errand: RequestErrand | undefined
  #tags: Map<string, TagValue> | undefined
  #follower: RequestFollower | undefined
  #template = ''
  #flags = '-'

  /** Who called; undefined where it did not prove that, as in plaintext. */
  get peer(): MeshPeer | undefined {
    const { peer } = this.context
    return peer === undefined ? undefined : { uri: peer }
  }

  /** Name of the route in the server's listener that the request took; undefined where there is none or it has no name. */
  get route(): string | undefined {
    return this.#errand?.routeName || undefined
  }

  /**
   * Notes something about the request for whoever observes it. A name that was noted before gets the new value.
   *
   * @param name - Name, as of an attribute of a span: `shop.tenant`.
   * @param value - What is noted.
   */
  tag(name: string, value: TagValue): void {
    this.#tags ??= new Map()
    this.#tags.set(name, value)
  }

  /** What was noted so far. */
  get tags(): ReadonlyMap<string, TagValue> {
    return this.#tags ?? NO_TAGS
  }

  /**
   * Aborted when the caller goes away before the response is complete, so that work for nobody can be given up. Made when first read.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abandoned) this.#controller.abort()
    }
    return this.#controller.signal
  }

  /**
   * Whether its response is over.
   *
   * @internal
   */
  get isOver(): boolean {
    return this.#over
  }

  /**
   * Ends something together with the request. What was attached before is replaced.
   *
   * @param errand - What to end.
   * @internal
   */
  attach(errand: RequestErrand): void {
    this.#errand = errand
  }

  /**
   * Lets somebody know when the request is over.
   *
   * @param follower - Who.
   * @internal
   */
  follow(follower: RequestFollower): void {
    this.#follower = follower
  }

  /**
   * Whether it has a span of the mesh's own, so that others are not to make one.
   *
   * @internal
   */
  get hasOwnSpan(): boolean {
    return this.#follower?.isOwn === true
  }

  /**
   * Path of the application's route, with its parameters unfilled; empty where it is not known. Adapters tell it.
   *
   * @internal
   */
  get template(): string {
    return this.#template
  }

  /** @internal */
  set template(template: string) {
    this.#template = template
  }

  /**
   * Envoy's flags of the answer that the mesh gave in place of the application; `-` where it gave none.
   *
   * @internal
   */
  get flags(): string {
    return this.#flags
  }

  /** @internal */
  set flags(flags: string) {
    this.#flags = flags
  }

  /**
   * The response is over. Called once, by whoever tracks the request.
   *
   * @param complete - Whether all of it was handed to the network.
   * @internal
   */
  ended(complete: boolean): void {
    this.#over = true
    this.#follower?.end(this, complete)
    this.#errand?.end?.()
    if (complete) {
      // It knows already that the response has ended; now it lets go of it, which work that polls for ever would keep.
      this.context.close()
      return
    }
    this.#abandoned = true
    this.#controller?.abort()
    this.context.cancel()
  }
}

/** A node:http request that the mesh has taken in. */
export interface MeshIncomingMessage extends IncomingMessage {
  /** What the mesh knows of it. */
  readonly mesh: MeshRequest
}
