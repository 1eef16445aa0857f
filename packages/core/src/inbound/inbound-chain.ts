import type { MeshError } from '../errors/mesh-error.js'
import type { ChainUse } from '../model/inbound-config.js'
import type { Random } from '../ports/random.js'
import { ServerRouteTable } from '../route/server-route-table.js'

/** What becomes of requests on the connections of a chain, made ready. */
export type InboundUse =
  | {
      /** Tag of the union: they take routes. */
      readonly kind: 'http'
      /** The routes. */
      readonly table: ServerRouteTable
    }
  | {
      /** Tag of the union: the application gets them as they are. */
      readonly kind: 'plain'
      /** Name of the route that all take; may be empty. */
      readonly routeName: string
    }
  | {
      /** Tag of the union: they fail, as there are no routes. */
      readonly kind: 'failed'
      /** Why. */
      readonly error: MeshError
    }
  | {
      /** Tag of the union: there are none, as connections are closed at once. */
      readonly kind: 'closed'
      /** Why, a sentence without the final stop. */
      readonly reason: string
    }

/**
 * A chain of filters in use. A connection stays with the chain that it came to; routes that are a resource of their own change in place, and a
 * listener that changes retires its chains (gRFC A36).
 */
export class InboundChain {
  /** For messages; may be empty. */
  readonly name: string
  readonly #random: Random
  readonly #port: string
  #source: ChainUse
  #use: InboundUse
  #retired = false

  /**
   * @param name - Name of the chain.
   * @param use - What becomes of its connections.
   * @param random - Dice for shares of requests.
   * @param port - Port of the server.
   */
  constructor(name: string, use: ChainUse, random: Random, port: number) {
    this.name = name
    this.#random = random
    this.#port = String(port)
    this.#source = use
    this.#use = this.#compile(use)
  }

  /** What becomes of requests now. */
  get use(): InboundUse {
    return this.#use
  }

  /** Whether another listener took its place: its connections are to end when their requests are over. */
  get retired(): boolean {
    return this.#retired
  }

  /** Why its connections are closed at once; undefined where they are not. */
  get closed(): string | undefined {
    return this.#use.kind === 'closed' ? this.#use.reason : undefined
  }

  /** Why its requests fail; undefined where they do not. */
  get error(): MeshError | undefined {
    return this.#use.kind === 'failed' ? this.#use.error : undefined
  }

  /**
   * Takes other routes over.
   *
   * @param use - What becomes of requests from now on.
   */
  change(use: ChainUse): void {
    if (use === this.#source || isSame(use, this.#source)) return
    this.#source = use
    this.#use = this.#compile(use)
  }

  /** Another listener took its place. */
  retire(): void {
    this.#retired = true
  }

  #compile(use: ChainUse): InboundUse {
    if (use.kind === 'plain') return { kind: 'plain', routeName: '' }
    if (use.kind !== 'http') return use
    const table = new ServerRouteTable(use.listener, use.routes, this.#random, this.#port)
    const { onlyPassing } = table
    return onlyPassing === undefined ? { kind: 'http', table } : { kind: 'plain', routeName: onlyPassing.name }
  }
}

function isSame(left: ChainUse, right: ChainUse): boolean {
  return (
    left.kind === 'http' && right.kind === 'http' && left.listener === right.listener && left.routes === right.routes
  )
}
