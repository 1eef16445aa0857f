import type { Slices } from '@inmesh/core'
import type { DecodedResource, FieldError, ResourceOrigin, ResourceType } from '../resource/resource-type.js'
import { guardedDecode, guardedSlices } from '../source/guarded-decode.js'
import { describeErrors, type Rejection, type RejectionReason, refuse } from '../source/rejection.js'
import { equalBytes, keptBytes, ownBytes } from '../source/resource-bytes.js'
import type { WatchedResource } from '../source/watched-resource.js'
import { STEP_BYTES } from '../wire/step-bytes.js'
import type { ReceivedResource } from './protocol/discovery-answer.js'

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
  /** The resources in the response that are wanted. */
  readonly present: ReadonlySet<WatchedResource<unknown>>
  /** The rejected resources without a name. */
  readonly nameless: readonly NamelessRejection[]
}

/** What {@link applyResponse} looks things up in. */
export interface ApplyContext {
  readonly type: ResourceType<unknown>
  /** The server, as far as the meaning of its resources depends on it. */
  readonly origin: ResourceOrigin
  /** Finds a resource that is wanted, whether by its name or because all are; undefined for one that nobody asked for. */
  readonly wanted: (name: string) => WatchedResource<unknown> | undefined
  /** What the response before left behind. */
  readonly nameless: readonly NamelessRejection[]
  /** Whether the last good copy of a resource goes when a newer one is rejected. */
  readonly dropsRejected: boolean
  /** Ends every error, the node id in it. */
  readonly suffix: string
}

/**
 * Applies the resources of a response: each valid one takes effect, whatever the others are (gRFC A46), and each invalid one is told to
 * its watchers. Bytes that were accepted or rejected before are not decoded again, and resources nobody asked for are passed over.
 * Decoding is done in slices; what comes of it takes effect all at once, in the last one.
 */
export function* applyResponse(received: readonly ReceivedResource[], context: ApplyContext): Slices<Verdict> {
  const { type, wanted, origin } = context
  const complaints: string[] = []
  const nameless: NamelessRejection[] = []
  let isRepeat = true

  const rejectNameless = (bytes: Uint8Array, complaint: string): void => {
    const rejection = knownNameless(bytes, context)
    if (rejection === undefined) isRepeat = false
    if (nameless.length < rememberedNameless) nameless.push(rejection ?? { bytes: ownBytes(bytes), complaint })
    complaints.push(rejection?.complaint ?? complaint)
  }

  const present = new Set<WatchedResource<unknown>>()
  // Of a thousand resources most are in use already, so nothing is made for them.
  const unchanged: WatchedResource<unknown>[] = []
  const versions: string[] = []
  const changed = new Map<WatchedResource<unknown>, Change>()
  for (const item of received) {
    if (item.kind === 'unusable') rejectNameless(item.bytes, `a resource is unusable: ${item.complaint}`)
    else if (item.name === undefined) rejectNameless(item.bytes, namelessComplaint(context, item.bytes))
    else {
      const resource = wanted(item.name)
      if (resource === undefined) continue
      const { bytes, version } = item
      const isDuplicate = present.has(resource)
      if (isDuplicate || !resource.isAccepted(bytes)) {
        changed.set(resource, { bytes: keptBytes(bytes), version, isDuplicate })
      } else {
        unchanged.push(resource)
        versions.push(version)
      }
      present.add(resource)
    }
  }
  const decoded = yield* decodeChanges(changed, type, origin)

  for (const [index, resource] of unchanged.entries()) resource.acceptAgain(versions[index])
  for (const [resource, change] of changed) {
    const refused = change.isDuplicate
      ? rejectDuplicate(resource, change, context)
      : applyChange(resource, change, decoded.get(change), context)
    if (refused === undefined) continue
    if (!refused.isRepeat) isRepeat = false
    complaints.push(refused.complaint)
  }
  return { complaints, isRepeat, present, nameless }
}

/** A copy that is not the one in use. */
interface Change {
  /** Not only for now: what they mean may refer to them. */
  readonly bytes: Uint8Array
  readonly version: string
  /** Whether it is not the only copy in the response. */
  readonly isDuplicate: boolean
}

/** What is to be said of a copy that was refused. */
interface Refused {
  readonly complaint: string
  readonly isRepeat: boolean
}

/** Decodes what was not refused before. */
function* decodeChanges(
  changed: ReadonlyMap<WatchedResource<unknown>, Change>,
  type: ResourceType<unknown>,
  origin: ResourceOrigin,
): Slices<ReadonlyMap<Change, DecodedResource<unknown>>> {
  const decoded = new Map<Change, DecodedResource<unknown>>()
  let sinceYield = 0
  for (const [resource, change] of changed) {
    if (change.isDuplicate || resource.rejectionOf(change.bytes, 'malformed') !== undefined) continue
    sinceYield += change.bytes.length
    if (sinceYield > STEP_BYTES) {
      yield
      sinceYield = change.bytes.length
    }
    decoded.set(change, yield* guardedSlices(type, change.bytes, resource.value, origin))
  }
  return decoded
}

function applyChange(
  resource: WatchedResource<unknown>,
  change: Change,
  decoded: DecodedResource<unknown> | undefined,
  context: ApplyContext,
): Refused | undefined {
  const { bytes, version } = change
  const known = resource.rejectionOf(bytes, 'malformed')
  if (known !== undefined) return again(known)
  if (decoded === undefined) return undefined
  if (decoded.kind === 'malformed') return reject(resource, change, 'malformed', decoded.errors, context)
  resource.accept(decoded.value, decoded.unsupported, bytes, version)
  return undefined
}

/** A name twice in one response leaves open which copy is meant; the xDS protocol has the client reject it. */
function rejectDuplicate(resource: WatchedResource<unknown>, change: Change, context: ApplyContext): Refused {
  const known = resource.rejectionOf(change.bytes, 'duplicate')
  if (known !== undefined) return again(known)
  const errors = [{ field: '', message: 'stands in the response more than once' }]
  return reject(resource, change, 'duplicate', errors, context)
}

function reject(
  resource: WatchedResource<unknown>,
  { bytes, version }: Change,
  reason: RejectionReason,
  errors: readonly FieldError[],
  { type, suffix, dropsRejected }: ApplyContext,
): Refused {
  const rejection = refuse(type, resource.name, { bytes, version, reason, errors }, suffix)
  resource.reject(rejection, dropsRejected)
  return { complaint: rejection.complaint, isRepeat: false }
}

function again({ complaint }: Rejection): Refused {
  return { complaint, isRepeat: true }
}

function knownNameless(bytes: Uint8Array, context: ApplyContext): NamelessRejection | undefined {
  return context.nameless.find((rejection) => equalBytes(rejection.bytes, bytes))
}

function namelessComplaint({ type, origin }: ApplyContext, bytes: Uint8Array): string {
  const decoded = guardedDecode(type, bytes, undefined, origin)
  const errors = decoded.kind === 'malformed' ? decoded.errors : [{ field: '', message: 'has no name' }]
  return `a ${type.shortName} resource without a readable name: ${describeErrors(errors)}`
}
