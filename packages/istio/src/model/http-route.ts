import type { ErrorPlace } from '@inmesh/core'
import type { HttpMatch } from './http-match.js'
import type { StringMatch } from './string-match.js'

/** Where requests go. */
export interface Destination {
  /** Full host name, in lower case. */
  readonly host: string
  /** Subset of a DestinationRule; empty for the whole service. */
  readonly subset: string
  /** Port of the service. Default: its only port, else the port that was called. */
  readonly port?: number
  /** Where it was written. */
  readonly place: ErrorPlace
}

/** Changes to the headers of a message. */
export interface HeaderChanges {
  /** Replaced, or added where absent. */
  readonly set: Readonly<Record<string, string>>
  /** Added to what is there. */
  readonly add: Readonly<Record<string, string>>
  /** Removed. */
  readonly remove: readonly string[]
}

/** Changes to the headers of request and response. */
export interface HeaderOperations {
  /** The request's. */
  readonly request: HeaderChanges
  /** The response's. */
  readonly response: HeaderChanges
}

/** A destination with its share. */
export interface WeightedDestination {
  /** Where to. */
  readonly destination: Destination
  /** Share relative to its siblings; 0 for none. */
  readonly weight: number
  /** Header changes for this destination only. */
  readonly headers?: HeaderOperations
}

/** How failed attempts are repeated. */
export interface HttpRetry {
  /** Repeats after the first attempt; 0 turns retries off. */
  readonly attempts: number
  /** Limit of one attempt in milliseconds. */
  readonly perTryTimeoutMs?: number
  /** Conditions and HTTP statuses, separated by commas. Default: Istio's. */
  readonly retryOn?: string
  /** Whether other localities may be tried. */
  readonly retryRemoteLocalities: boolean
  /** Whether endpoints that were tried are avoided. Default true, false under consistent hashing. */
  readonly ignorePreviousHosts?: boolean
  /** Base of the back-off in milliseconds. Default: the data plane's. */
  readonly backoffMs?: number
}

/** Faults put in on purpose. Percentages are 0 to 100. */
export interface HttpFault {
  /** Waits before the request goes on. */
  readonly delay?: { readonly durationMs: number; readonly percent: number }
  /** Answers in place of the destination. */
  readonly abort?: {
    readonly percent: number
    readonly status: { readonly kind: 'http'; readonly code: number } | { readonly kind: 'grpc'; readonly code: number }
  }
}

/** A copy of requests for another destination. */
export interface MirrorPolicy {
  /** Where copies go. */
  readonly destination: Destination
  /** Share of the requests that is copied, more than 0, at most 100. */
  readonly percent: number
}

/** Cross-origin resource sharing. */
export interface CorsPolicy {
  /** Origins allowed. */
  readonly allowOrigins: readonly StringMatch[]
  /** Methods allowed. */
  readonly allowMethods: readonly string[]
  /** Request headers allowed. */
  readonly allowHeaders: readonly string[]
  /** Response headers a script may see. */
  readonly exposeHeaders: readonly string[]
  /** How long a preflight answer holds, in seconds. */
  readonly maxAgeSeconds?: number
  /** Whether credentials are allowed. */
  readonly allowCredentials?: boolean
  /** Whether preflights of other origins go on to the destination. Default true. */
  readonly forwardUnmatchedPreflights: boolean
}

/** A redirect in place of an answer. */
export interface HttpRedirect {
  /** Path in place of the request's; empty to keep it. */
  readonly uri: string
  /** Host in place of the request's; empty to keep it. */
  readonly authority: string
  /** Scheme in place of the request's; empty to keep it. */
  readonly scheme: string
  /** Port in place of the request's; `request` for the port that was called. */
  readonly port?: number | 'request'
  /** In place of the part of the path that the prefix matched. */
  readonly prefixRewrite?: string
  /** 301, 302, 303, 307 or 308. */
  readonly code: number
}

/** What becomes of the path and the host on the way. */
export interface HttpRewrite {
  /** In place of the part of the path that matched. */
  readonly uri?: string
  /** In place of the host. */
  readonly authority?: string
  /** A regular expression and what replaces its match. */
  readonly uriRegex?: { readonly match: string; readonly rewrite: string }
}

/** What a route does. */
export type HttpAction =
  | {
      readonly kind: 'forward'
      readonly destinations: readonly WeightedDestination[]
      readonly rewrite?: HttpRewrite
      readonly mirrors: readonly MirrorPolicy[]
      /** Limit for the whole call in milliseconds. Default: none. */
      readonly timeoutMs?: number
      /** Default: Istio's. */
      readonly retries?: HttpRetry
    }
  | { readonly kind: 'redirect'; readonly redirect: HttpRedirect }
  | { readonly kind: 'direct-response'; readonly status: number; readonly body?: string | Uint8Array }

/** One HTTP route of a VirtualService. */
export interface HttpRoute {
  /** Name; empty when not given. */
  readonly name: string
  /** Any of them must hold; none means every request. */
  readonly matches: readonly HttpMatch[]
  /** What is done. */
  readonly action: HttpAction
  /** Faults. */
  readonly fault?: HttpFault
  /** Header changes. */
  readonly headers?: HeaderOperations
  /** Cross-origin policy. */
  readonly cors?: CorsPolicy
}
