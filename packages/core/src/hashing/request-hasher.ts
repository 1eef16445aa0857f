import type { RequestView } from '../call/request-view.js'
import { cookieValue, headerValue, queryValue, type RequestValue } from '../matching/request-value.js'
import type { CookieHashPolicy, HashPolicy, HeaderHashPolicy } from '../model/hash-policy.js'
import type { View } from '../model/view.js'
import type { Random } from '../ports/random.js'
import type { HashedCall, RequestHash } from './request-hash.js'
import { Word64 } from './word64.js'
import { XxHash64 } from './xx-hash.js'

/** One policy made ready. Answers whether it found something to hash, and leaves the hash in `into`. */
type Method = (request: RequestView, call: HashedCall, into: Word64) => boolean

interface Step {
  readonly method: Method
  readonly terminal: boolean
}

/**
 * The hash policies of a route or of a balancer, made ready for requests. Of the policies each view follows those that it knows: gRPC the
 * header and the channel (gRFC A42), HTTP all but the channel.
 */
export class RequestHasher {
  readonly #steps: Record<View, readonly Step[]>
  readonly #hash = new Word64()
  readonly #part = new Word64()

  /**
   * @param policies - In order.
   */
  constructor(policies: readonly HashPolicy[]) {
    const hasher = new XxHash64()
    this.#steps = {
      http: policies.filter(({ kind }) => kind !== 'channel').map((policy) => step(policy, hasher)),
      grpc: policies
        .filter(({ kind }) => kind === 'header' || kind === 'channel')
        .map((policy) => step(policy, hasher)),
    }
  }

  /**
   * Hashes a request.
   *
   * @param request - The request.
   * @param call - Told of a cookie that was made up.
   * @returns undefined when no policy finds anything in the request.
   */
  hash(request: RequestView, call: HashedCall): RequestHash | undefined {
    const steps = this.#steps[request.view]
    const hash = this.#hash
    const part = this.#part
    hash.set(0, 0)
    let found = false
    for (let index = 0; index < steps.length; index++) {
      const { method, terminal } = steps[index]!
      if (method(request, call, part)) {
        // Rotated, so that two policies over the same value do not cancel each other (Envoy; gRFC A42).
        if (found) hash.rotateLeft(1)
        hash.xor(part.high, part.low)
        found = true
      }
      if (terminal && found) break
    }
    return found ? { high: hash.high >>> 0, low: hash.low >>> 0 } : undefined
  }
}

function step(policy: HashPolicy, hasher: XxHash64): Step {
  return { method: method(policy, hasher), terminal: policy.terminal }
}

function method(policy: HashPolicy, hasher: XxHash64): Method {
  switch (policy.kind) {
    case 'header':
      return hashOf(headerText(policy), hasher)
    case 'cookie':
      return policy.ttlSeconds === undefined
        ? hashOf(nonEmpty(cookieValue(policy.name)), hasher)
        : madeUpCookie(policy, policy.ttlSeconds, hasher)
    case 'query-parameter':
      return hashOf(queryValue(policy.name), hasher)
    case 'client-address':
      return hashOf(nonEmpty(clientAddress), hasher)
    case 'channel':
      return (request, _call, into) => {
        const channel = request.channel
        if (channel === undefined) return false
        into.set(channel.high, channel.low)
        return true
      }
  }
}

function hashOf(value: RequestValue, hasher: XxHash64): Method {
  return (request, _call, into) => {
    const text = value(request)
    if (text === undefined) return false
    const { high, low } = hasher.hash(text)
    into.set(high, low)
    return true
  }
}

/**
 * Several headers of one name are one value, joined by commas in the order in which they were given, as gRPC has it; Envoy hashes them one
 * by one, sorted.
 */
function headerText({ name, rewrite }: HeaderHashPolicy): RequestValue {
  const read = headerValue(name)
  if (rewrite === undefined) return read
  return (request) => {
    const value = read(request)
    return value === undefined ? undefined : rewrite.replaceAll(value)
  }
}

function nonEmpty(value: RequestValue): RequestValue {
  return (request) => value(request) || undefined
}

function clientAddress(request: RequestView): string | undefined {
  return request.clientAddress
}

function madeUpCookie(policy: CookieHashPolicy, ttlSeconds: number, hasher: XxHash64): Method {
  const existing = hashOf(nonEmpty(cookieValue(policy.name)), hasher)
  // Envoy puts the attributes of the policy between the path and HttpOnly.
  const attributes = [
    ...(ttlSeconds > 0 ? [`Max-Age=${ttlSeconds}`] : []),
    ...(policy.path === '' ? [] : [`Path=${policy.path}`]),
    ...policy.attributes.map(({ name, value }) => (value === '' ? name : `${name}=${value}`)),
    'HttpOnly',
  ].join('; ')
  return (request, call, into) => {
    if (existing(request, call, into)) return true
    const value = randomHex(call.random)
    const { high, low } = hasher.hash(value)
    into.set(high, low)
    call.addResponseHeader('set-cookie', `${policy.name}="${value}"; ${attributes}`)
    return true
  }
}

/** 64 bits, as Envoy writes the hash that it makes up its cookies of. */
function randomHex(random: Random): string {
  return hex32(random.below(0x1_0000_0000)) + hex32(random.below(0x1_0000_0000))
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}
