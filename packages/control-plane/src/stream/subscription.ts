import type { NodeResources } from '@inmesh/istio'

/** What one stream asked for of one type, and what it was sent. */
export interface Subscription<Request, Answer> {
  /** Names asked for, without the wildcard. */
  readonly names: ReadonlySet<string>
  /** Whether all resources of the type are asked for. */
  readonly isWildcard: boolean
  /**
   * @param request - A request.
   * @returns whether it answers an older response, so that it says nothing about now and is to be left aside.
   */
  isStale(request: Request): boolean
  /**
   * Takes a request that is not stale.
   *
   * @param request - The request.
   * @param resources - What there is for the client.
   * @param isRecovering - Whether workloads may still be on their way back: a client that returns with what it got before then keeps
   * what only their absence would take from it.
   * @returns what to send, if anything.
   */
  accept(request: Request, resources: NodeResources, isRecovering: boolean): Answer | undefined
  /**
   * @param resources - What there is for the client now.
   * @param isRecovering - As for {@link accept}.
   * @returns what to send so that the client has it, if anything.
   */
  push(resources: NodeResources, isRecovering: boolean): Answer | undefined
  /** @param nonce - Nonce of the answer that was sent. */
  sent(nonce: string): void
}
