import type { PickContext } from '../balancing/pick-context.js'
import type { LocalReply } from '../call/local-reply.js'
import type { Endpoint } from '../cluster/endpoint.js'
import type { Queued } from './host-selector.js'

/** One of the clusters that an aggregate stands for, as a carrier's view sees it: with its own policy, limits and drops (gRFC A75). */
export interface ClusterLeaf {
  /** Whether it has an endpoint that is not chosen in panic only. */
  readonly available: boolean
  /**
   * Chooses one of its endpoints.
   *
   * @param context - The request.
   */
  pick(context: PickContext): Endpoint | LocalReply | Queued
  /**
   * Asks to be called once, when a pick that was queued may be tried again.
   *
   * @param callback - What to call.
   * @returns a function that takes the wish back.
   */
  whenPickable(callback: () => void): () => void
}

/**
 * Chooses an endpoint of the first cluster that has one. A cluster that is full, or drops the request, has had its say: the next is for
 * when there is nobody to ask (Envoy, "Aggregate cluster"; gRFC A37).
 *
 * @param leaves - The clusters, first to be tried first; at least one.
 * @param context - The request.
 */
export function pickFromLeaves(leaves: readonly ClusterLeaf[], context: PickContext): Endpoint | LocalReply | Queued {
  let answer: LocalReply | Queued | undefined
  // Nobody is chosen in panic while another cluster is well: those that are well are asked before the others.
  for (let position = 0; position < 2 * leaves.length; position++) {
    const leaf = leaves[position % leaves.length]!
    const isWellsTurn = position < leaves.length
    if (leaf.available !== isWellsTurn) continue
    const picked = leaf.pick(context)
    if (picked.kind === 'endpoint' || !mayGoOn(picked)) return picked
    answer = later(answer, picked)
  }
  return answer!
}

/** A cluster that has tried to connect for long counts as if it had failed, unless every one does (gRFC A56). */
function mayGoOn(picked: LocalReply | Queued): boolean {
  return picked.kind === 'queued' ? picked.stalled : hasNobody(picked)
}

/** What is said when no cluster has an endpoint: to wait, where one may still come, else what the last one said. */
function later(answer: LocalReply | Queued | undefined, picked: LocalReply | Queued): LocalReply | Queued {
  return answer?.kind === 'queued' ? answer : picked
}

/**
 * Asks to be called once, when any of several clusters may be asked again.
 *
 * @param leaves - The clusters.
 * @param callback - What to call.
 * @returns a function that takes the wish back.
 */
export function whenLeafPickable(leaves: readonly ClusterLeaf[], callback: () => void): () => void {
  const cancel = (): void => {
    for (const each of waits) each()
  }
  const waits = leaves.map((leaf) =>
    leaf.whenPickable(() => {
      cancel()
      callback()
    }),
  )
  return cancel
}

/** No endpoint, none connected, or none that the view may use. */
function hasNobody({ code }: LocalReply): boolean {
  return (
    code === 'ERR_INMESH_NO_HEALTHY_ENDPOINT' ||
    code === 'ERR_INMESH_CONNECT' ||
    code === 'ERR_INMESH_ROUTE_UNSUPPORTED'
  )
}
