import type { RegexSubstitution } from '../matching/regex-substitution.js'

/** What every hash policy has. */
interface HashPolicyBase {
  /** Once this policy and those before it gave a hash, later ones are not looked at. */
  readonly terminal: boolean
}

/** Hashes a header. */
export interface HeaderHashPolicy extends HashPolicyBase {
  /** Tag of the union. */
  readonly kind: 'header'
  /** Lower-case name. */
  readonly name: string
  /** Applied to the value first. */
  readonly rewrite?: RegexSubstitution
}

/** An attribute of a cookie, `SameSite=Strict` for example. */
export interface CookieAttribute {
  /** Name. */
  readonly name: string
  /** Value; empty for an attribute that is only a name. */
  readonly value: string
}

/** Hashes a cookie, which the mesh makes up and gives to the caller in the response where the request has none. HTTP only. */
export interface CookieHashPolicy extends HashPolicyBase {
  /** Tag of the union. */
  readonly kind: 'cookie'
  /** Name of the cookie. */
  readonly name: string
  /** Life of a cookie that is made up, in seconds, 0 for a session; absent means that none is made up. */
  readonly ttlSeconds?: number
  /** Path of a cookie that is made up; may be empty. */
  readonly path: string
  /** Further attributes of a cookie that is made up. */
  readonly attributes: readonly CookieAttribute[]
}

/** Hashes the first value of a parameter in the query string. HTTP only. */
export interface QueryParameterHashPolicy extends HashPolicyBase {
  /** Tag of the union. */
  readonly kind: 'query-parameter'
  /** Name of the parameter; case counts. */
  readonly name: string
}

/**
 * Hashes the address of the client whose inbound request the call is made for, or takes what belongs to the gRPC channel
 * (`io.grpc.channel_id`, gRFC A42), so that all calls of one channel go to one endpoint.
 */
export interface OriginHashPolicy extends HashPolicyBase {
  /** HTTP knows only `client-address`, gRPC only `channel`. */
  readonly kind: 'client-address' | 'channel'
}

/** A part of a request that decides where it goes under ring hash and Maglev (envoy.config.route.v3.RouteAction.HashPolicy). */
export type HashPolicy = HeaderHashPolicy | CookieHashPolicy | QueryParameterHashPolicy | OriginHashPolicy
