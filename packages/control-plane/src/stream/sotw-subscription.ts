import { createHash } from 'node:crypto'
import type { NamedResource, NodeResources } from '@inmesh/istio'
import { isEmptyAssignment } from './empty-assignment.js'
import { type ServedType, wildcard } from './resource-types.js'
import type { Subscription } from './subscription.js'

/** What a subscription reads of a request. */
export interface SotwRequest {
  /** Names asked for: always all of them. */
  readonly resourceNames: readonly string[]
  /** Version of the last response that was taken, also on an earlier stream; empty where there was none. */
  readonly versionInfo: string
  /** Nonce of the response that is answered; empty on the first request of a stream. */
  readonly responseNonce: string
}

/** What a subscription wants to be sent. */
export interface SotwAnswer {
  /** Version of the type's content for this stream: the same content has the same version. */
  readonly version: string
  /** Resources of the response. */
  readonly resources: readonly NamedResource[]
}

const versionLength = 16

/**
 * What one stream asked for of one type, and what it was sent (state of the world). One response is on its way at a time: the next is
 * made when the last was answered, from what holds then, so that a slow reader gets fewer responses and no queue grows.
 */
export class SotwSubscription implements Subscription<SotwRequest, SotwAnswer> {
  readonly #type: ServedType
  #names: ReadonlySet<string> = new Set()
  #isWildcard = false
  #everNamed = false
  #isFirst = true
  #isReturning = false
  #isUnanswered = true
  #lastNonce = ''
  #isAwaitingAnswer = false
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
   * @param request - A request.
   * @returns whether it answers an older response, so that it says nothing about now and is to be left aside. The client sends its names
   * again with the answer to the newer one.
   */
  isStale(request: SotwRequest): boolean {
    // A nonce before anything was sent is that of an earlier stream, from a client that should have dropped it.
    return this.#lastNonce !== '' && request.responseNonce !== '' && request.responseNonce !== this.#lastNonce
  }

  /**
   * Takes a request that is not stale. A NACK changes the names too, and is not answered by sending the same again.
   *
   * @param request - The request.
   * @param resources - What there is for the client.
   * @param isRecovering - Whether workloads may still be on their way back.
   * @returns what to send, if anything.
   */
  accept(request: SotwRequest, resources: NodeResources, isRecovering: boolean): SotwAnswer | undefined {
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (isFirst) this.#isReturning = request.versionInfo !== ''
    this.#isAwaitingAnswer = false
    const added = this.#subscribe(request.resourceNames)
    // A complete type is answered even when nothing that was asked for exists: that is the answer.
    if (this.#type.complete && !isFirst && added) return this.#all(this.#wanted(resources))
    return this.push(resources, isRecovering)
  }

  /**
   * @param resources - What there is for the client now.
   * @param isRecovering - Whether workloads may still be on their way back.
   * @returns what to send so that the client has it, if anything.
   */
  push(resources: NodeResources, isRecovering: boolean): SotwAnswer | undefined {
    if (this.#isAwaitingAnswer || this.#isFirst) return undefined
    const wanted = this.#wanted(resources)
    const isHolding = isRecovering && this.#isReturning
    return this.#type.complete ? this.#pushAll(wanted, isHolding) : this.#pushNews(wanted, isHolding)
  }

  /** @param nonce - Nonce of a response that was sent. */
  sent(nonce: string): void {
    this.#lastNonce = nonce
    this.#isAwaitingAnswer = true
  }

  #pushAll(wanted: readonly NamedResource[], isHolding: boolean): SotwAnswer | undefined {
    // What is missing from a complete response is deleted by it.
    const found = new Set(wanted.map(({ name }) => name))
    if (isHolding && [...this.#names].some((name) => !found.has(name))) return undefined
    const isNews = wanted.some(({ name, version }) => this.#sent.get(name) !== version)
    const isGone = [...this.#sent.keys()].some((name) => !found.has(name))
    return this.#isUnanswered || isNews || isGone ? this.#all(wanted) : undefined
  }

  #pushNews(wanted: readonly NamedResource[], isHolding: boolean): SotwAnswer | undefined {
    const found = new Set(wanted.map(({ name }) => name))
    for (const name of this.#sent.keys()) if (!found.has(name)) this.#sent.delete(name)
    const news = wanted.filter(
      (resource) => this.#sent.get(resource.name) !== resource.version && !(isHolding && isEmptyAssignment(resource)),
    )
    if (news.length === 0) return undefined
    for (const { name, version } of news) this.#sent.set(name, version)
    return { version: versionOf(wanted), resources: news }
  }

  #all(wanted: readonly NamedResource[]): SotwAnswer {
    this.#isUnanswered = false
    this.#sent.clear()
    for (const { name, version } of wanted) this.#sent.set(name, version)
    return { version: versionOf(wanted), resources: wanted }
  }

  // Returns whether anything is asked for that was not before.
  #subscribe(requested: readonly string[]): boolean {
    const wasWildcard = this.#isWildcard
    const before = this.#names
    if (requested.length > 0) this.#everNamed = true
    const names = new Set(requested)
    const named = names.delete(wildcard)
    // Before any name was sent, none means all; afterwards it means none (xDS protocol, "How the client specifies what to return").
    this.#isWildcard = this.#type.complete && (named || !this.#everNamed)
    this.#names = names
    if (!this.#isWildcard) for (const name of this.#sent.keys()) if (!names.has(name)) this.#sent.delete(name)
    return (this.#isWildcard && !wasWildcard) || [...names].some((name) => !before.has(name))
  }

  #wanted(resources: NodeResources): readonly NamedResource[] {
    const { typeUrl } = this.#type
    const found = new Map<string, NamedResource>()
    if (this.#isWildcard) for (const resource of resources.all(typeUrl)) found.set(resource.name, resource)
    for (const name of this.#names) {
      const resource = resources.get(typeUrl, name)
      if (resource !== undefined) found.set(name, resource)
    }
    return [...found.values()]
  }
}

function versionOf(resources: readonly NamedResource[]): string {
  const hash = createHash('sha256')
  const lines = resources.map(({ name, version }) => `${name} ${version}\n`).sort()
  for (const line of lines) hash.update(line)
  return hash.digest('base64url').slice(0, versionLength)
}
