import type { DecodedResource, FieldError, ResourceType } from '../resource/resource-type.js'
import { SLICE_BYTES, type Slices } from '../slices/slices.js'
import { guardedDecode, guardedSlices } from '../source/guarded-decode.js'
import { describeErrors, type Rejection, refuse } from '../source/rejection.js'
import { equalBytes, ownBytes } from '../source/resource-bytes.js'
import type { WatchedResource } from '../source/watched-resource.js'
import type { ReceivedResource } from './discovery-messages.js'
import { peekResourceName } from './resource-name.js'

/** Enough to know a response again; each is compared with each of the next response. */
const rememberedNameless = 64

/** A resource that nobody could be told of, since not even its name can be read. */
export interface NamelessRejection {
  readonly bytes: Uint8Array
  readonly complaint: string
}

/** What came of the resources of a response. */
export interface Verdict {
  /** Why the response is to be rejected, one sentence per resource; none when it is accepted. */
  readonly complaints: readonly string[]
  /** Whether all complaints were made before, about the same bytes. */
  readonly isRepeat: boolean
  /** Names of the resources in the response. */
  readonly present: ReadonlySet<string>
  /** The rejected resources without a name. */
  readonly nameless: readonly NamelessRejection[]
}

/** What {@link applyResponse} looks things up in. */
export interface ApplyContext {
  readonly type: ResourceType<unknown>
  /** Finds a resource that is wanted, whether by its name or because all are; undefined for one that nobody asked for. */
  readonly wanted: (name: string) => WatchedResource<unknown> | undefined
  /** What the response before left behind. */
  readonly nameless: readonly NamelessRejection[]
  /** Names of which a newer response, received meanwhile, brings another copy: those here are not decoded. */
  readonly superseded: ReadonlySet<string>
  /** Ends every error, the node id in it. */
  readonly suffix: string
}

/**
 * Applies the resources of a response: each valid one takes effect, whatever the others are (gRFC A46), and each invalid one is told to
 * its watchers. Bytes that were accepted or rejected before are not decoded again, and resources nobody asked for are passed over.
 * Decoding is done in slices; what comes of it takes effect all at once, in the last one.
 */
export function* applyResponse(received: readonly ReceivedResource[], context: ApplyContext): Slices<Verdict> {
  const decoded = yield* decodeChanged(received, context)
  const complaints: string[] = []
  const nameless: NamelessRejection[] = []
  let isRepeat = true

  const rejectNameless = (bytes: Uint8Array, complaint: string): void => {
    const rejection = knownNameless(bytes, context)
    if (rejection === undefined) isRepeat = false
    if (nameless.length < rememberedNameless) nameless.push(rejection ?? { bytes: ownBytes(bytes), complaint })
    complaints.push(rejection?.complaint ?? complaint)
  }

  const arrivals = new Map<string, Uint8Array[]>()
  for (const item of received) {
    const name = item.kind === 'resource' ? peekResourceName(item.bytes) : undefined
    if (item.kind === 'unusable') rejectNameless(item.bytes, `a resource is unusable: ${item.complaint}`)
    else if (name === undefined) rejectNameless(item.bytes, namelessComplaint(context.type, item.bytes))
    else if (!arrivals.has(name)) arrivals.set(name, [item.bytes])
    else arrivals.get(name)?.push(item.bytes)
  }

  for (const [name, copies] of arrivals) {
    const resource = context.wanted(name)
    const bytes = copies.at(-1)
    if (resource === undefined || bytes === undefined || context.superseded.has(name)) continue
    const outcome =
      copies.length > 1
        ? applyDuplicate(resource, bytes, context)
        : applyOne(resource, bytes, decoded.get(bytes), context)
    if (outcome.kind === 'applied') continue
    if (outcome.kind === 'nameless') {
      rejectNameless(bytes, outcome.complaint)
      continue
    }
    if (outcome.kind === 'rejected') isRepeat = false
    complaints.push(outcome.rejection.complaint)
  }
  return { complaints, isRepeat, present: new Set(arrivals.keys()), nameless }
}

type Outcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'rejected' | 'rejected-again'; readonly rejection: Rejection }
  | { readonly kind: 'nameless'; readonly complaint: string }

/** Decodes the resources that are asked for and not known already, by the bytes they are in. */
function* decodeChanged(
  received: readonly ReceivedResource[],
  { type, wanted, superseded }: ApplyContext,
): Slices<ReadonlyMap<Uint8Array, DecodedResource<unknown>>> {
  const decoded = new Map<Uint8Array, DecodedResource<unknown>>()
  let sinceYield = 0
  for (const { kind, bytes } of received) {
    const name = kind === 'resource' ? peekResourceName(bytes) : undefined
    const resource = name === undefined || superseded.has(name) ? undefined : wanted(name)
    if (resource === undefined || resource.isKnown(bytes)) continue
    sinceYield += bytes.length
    if (sinceYield > SLICE_BYTES) {
      yield
      sinceYield = bytes.length
    }
    const slices = guardedSlices(type, bytes, resource.value)
    let step = slices.next()
    for (; !step.done && !superseded.has(resource.name); step = slices.next()) yield
    if (step.done) decoded.set(bytes, step.value)
  }
  return decoded
}

function applyOne(
  resource: WatchedResource<unknown>,
  bytes: Uint8Array,
  ready: DecodedResource<unknown> | undefined,
  context: ApplyContext,
): Outcome {
  if (resource.isAccepted(bytes)) {
    resource.acceptAgain()
    return { kind: 'applied' }
  }
  const known = resource.rejectionOf(bytes, 'malformed')
  if (known !== undefined) return { kind: 'rejected-again', rejection: known }
  const unreadable = knownNameless(bytes, context)
  if (unreadable !== undefined) return { kind: 'nameless', complaint: unreadable.complaint }
  // Not ready only where the resource was first asked for while the others were decoded.
  const decoded = ready ?? guardedDecode(resource.type, bytes)
  if (decoded.kind === 'valid') {
    resource.accept(decoded.value, decoded.unsupported, bytes)
    return { kind: 'applied' }
  }
  const { name, errors } = decoded
  if (name === '') return { kind: 'nameless', complaint: complaintAbout(context.type, errors) }
  const rejection = refuse(context.type, resource.name, { bytes, reason: 'malformed', errors }, context.suffix)
  resource.reject(rejection)
  return { kind: 'rejected', rejection }
}

/** A name twice in one response leaves open which copy is meant; the xDS protocol has the client reject it. */
function applyDuplicate(resource: WatchedResource<unknown>, bytes: Uint8Array, context: ApplyContext): Outcome {
  const known = resource.rejectionOf(bytes, 'duplicate')
  if (known !== undefined) return { kind: 'rejected-again', rejection: known }
  const errors = [{ field: '', message: 'stands in the response more than once' }]
  const rejection = refuse(context.type, resource.name, { bytes, reason: 'duplicate', errors }, context.suffix)
  resource.reject(rejection)
  return { kind: 'rejected', rejection }
}

function knownNameless(bytes: Uint8Array, context: ApplyContext): NamelessRejection | undefined {
  return context.nameless.find((rejection) => equalBytes(rejection.bytes, bytes))
}

function namelessComplaint(type: ResourceType<unknown>, bytes: Uint8Array): string {
  const decoded = guardedDecode(type, bytes)
  return complaintAbout(type, decoded.kind === 'malformed' ? decoded.errors : [{ field: '', message: 'has no name' }])
}

function complaintAbout(type: ResourceType<unknown>, errors: readonly FieldError[]): string {
  return `a ${type.shortName} resource without a readable name: ${describeErrors(errors)}`
}
