import type { NamedResource, NodeResources } from '@inmesh/istio'
import { isEmptyAssignment } from './empty-assignment.js'
import { type ServedType, wildcard } from './resource-types.js'
import type { Subscription } from './subscription.js'

/** What a subscription reads of a request. */
export interface DeltaRequest {
  /** Names asked for from now on. */
  readonly resourceNamesSubscribe: readonly string[]
  /** Names not asked for any more. */
  readonly resourceNamesUnsubscribe: readonly string[]
  /** What the client still has from an earlier stream, by name; only on the first request of the type. */
  readonly initialResourceVersions: ReadonlyMap<string, string>
  /** Nonce of the response that is answered; empty on a request that answers none. */
  readonly responseNonce: string
}

/** What a subscription wants to be sent. */
export interface DeltaAnswer {
  /** Resources that are new or changed, or were asked for. */
  readonly resources: readonly NamedResource[]
  /** Names of resources that are gone, or were asked for and do not exist. */
  readonly removed: readonly string[]
}

const absent = ''

/**
 * What one stream asked for of one type, and what it was sent (incremental). Asking is answered at once; what changes by itself is sent
 * when everything before it was answered, so that a slow reader gets fewer responses and no queue grows.
 */
export class DeltaSubscription implements Subscription<DeltaRequest, DeltaAnswer> {
  readonly #type: ServedType
  readonly #names = new Set<string>()
  #isWildcard = false
  #isFirst = true
  #isReturning = false
  readonly #awaited = new Set<string>()
  // Version by name; `absent` where the client knows that there is none.
  readonly #sent = new Map<string, string>()

  /** @param type - The type. */
  constructor(type: ServedType) {
    this.#type = type
  }

  /** Names asked for, without the wildcard. */
  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** Whether all resources of the type are asked for. */
  get isWildcard(): boolean {
    return this.#isWildcard
  }

  /**
   * Takes a request. A NACK is not answered by sending the same again.
   *
   * @param request - The request.
   * @param resources - What there is for the client.
   * @param isRecovering - Whether workloads may still be on their way back.
   * @returns what to send, if anything.
   */
  accept(request: DeltaRequest, resources: NodeResources, isRecovering: boolean): DeltaAnswer | undefined {
    const isFirst = this.#isFirst
    this.#isFirst = false
    this.#awaited.delete(request.responseNonce)
    if (isFirst) this.#begin(request)
    const asked = new Set<string>()
    for (const name of request.resourceNamesUnsubscribe) this.#unsubscribe(name, asked)
    for (const name of request.resourceNamesSubscribe) this.#subscribe(name, asked, resources)
    if (isFirst && !this.#isWildcard) this.#forgetUnnamed()
    const answer = this.#difference(resources, asked, isRecovering)
    const isSomething = answer.resources.length > 0 || answer.removed.length > 0
    // Someone who asks for all waits for an answer even when all is nothing.
    if (isSomething ? asked.size > 0 || this.#awaited.size === 0 : isFirst && this.#isWildcard)
      return this.#give(answer)
    return undefined
  }

  /**
   * @param resources - What there is for the client now.
   * @param isRecovering - Whether workloads may still be on their way back.
   * @returns what to send so that the client has it, if anything.
   */
  push(resources: NodeResources, isRecovering: boolean): DeltaAnswer | undefined {
    if (this.#awaited.size > 0 || this.#isFirst) return undefined
    const answer = this.#difference(resources, new Set(), isRecovering)
    return answer.resources.length > 0 || answer.removed.length > 0 ? this.#give(answer) : undefined
  }

  /** Requests of this protocol are never stale: each says what changes, not what is. */
  isStale(): boolean {
    return false
  }

  /** @param nonce - Nonce of a response that was sent. */
  sent(nonce: string): void {
    this.#awaited.add(nonce)
  }

  #begin(request: DeltaRequest): void {
    const saysNothing = request.resourceNamesSubscribe.length === 0 && request.resourceNamesUnsubscribe.length === 0
    // A first request without names asks for all (xDS protocol, "How the client specifies what to return").
    this.#isWildcard = this.#type.complete && saysNothing
    this.#isReturning = request.initialResourceVersions.size > 0
    for (const [name, version] of request.initialResourceVersions) this.#sent.set(name, version)
  }

  #subscribe(name: string, asked: Set<string>, resources: NodeResources): void {
    if (name === wildcard && this.#type.complete) {
      this.#isWildcard = true
      return
    }
    const isNew = !this.#names.has(name)
    this.#names.add(name)
    // Whoever asks gets an answer, even for what was sent before; except for what it said it still has.
    const held = this.#sent.get(name)
    const current = resources.get(this.#type.typeUrl, name)?.version
    if (isNew && held !== undefined && held !== absent && held === current && !this.#isWildcard) return
    asked.add(name)
  }

  #unsubscribe(name: string, asked: Set<string>): void {
    if (name === wildcard && this.#type.complete) {
      this.#isWildcard = false
      this.#forgetUnnamed()
      return
    }
    if (!this.#names.delete(name)) return
    // Whether it goes on coming by the wildcard is for the server to say.
    if (this.#isWildcard) asked.add(name)
    else this.#sent.delete(name)
  }

  #forgetUnnamed(): void {
    for (const name of this.#sent.keys()) if (!this.#names.has(name)) this.#sent.delete(name)
  }

  #difference(resources: NodeResources, asked: ReadonlySet<string>, isRecovering: boolean): DeltaAnswer {
    const wanted = this.#wanted(resources)
    const isHeld = (name: string) => isRecovering && this.#isReturning && (this.#sent.get(name) ?? absent) !== absent
    const news = [...wanted.values()].filter(
      (resource) =>
        (asked.has(resource.name) || this.#sent.get(resource.name) !== resource.version) &&
        !(isHeld(resource.name) && isEmptyAssignment(resource)),
    )
    const gone = [...this.#sent].filter(([, version]) => version !== absent).map(([name]) => name)
    const removed = [...new Set([...asked, ...gone])].filter((name) => !wanted.has(name) && !isHeld(name))
    return { resources: news, removed }
  }

  #give(answer: DeltaAnswer): DeltaAnswer {
    for (const { name, version } of answer.resources) this.#sent.set(name, version)
    for (const name of answer.removed) {
      if (this.#names.has(name)) this.#sent.set(name, absent)
      else this.#sent.delete(name)
    }
    return answer
  }

  #wanted(resources: NodeResources): ReadonlyMap<string, NamedResource> {
    const { typeUrl } = this.#type
    const found = new Map<string, NamedResource>()
    if (this.#isWildcard) for (const resource of resources.all(typeUrl)) found.set(resource.name, resource)
    for (const name of this.#names) {
      const resource = resources.get(typeUrl, name)
      if (resource !== undefined) found.set(name, resource)
    }
    return found
  }
}
