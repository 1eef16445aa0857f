/** How the terminal filter treats headers of Envoy's own (envoy.extensions.filters.http.router.v3.Router). HTTP only. */
export interface RouterOptions {
  /**
   * Whether the mesh adds no `x-envoy-` header of its own: neither the time left and the original path to requests nor the sign of overload
   * to responses. The count of attempts is told where the virtual host says so all the same.
   */
  readonly suppressesEnvoyHeaders: boolean
  /** Whether `x-envoy-expected-rq-timeout-ms` of a request takes the place of its route's time limit. */
  readonly respectsExpectedTimeout: boolean
  /** Headers that are answered 400 where their value is not what it must be; in lower case. */
  readonly strictHeaders: readonly string[]
}

/** What a virtual host tells of the attempts of its requests. HTTP only. */
export interface AttemptHeaders {
  /** Whether requests have `x-envoy-attempt-count`, from 1 on (`include_request_attempt_count`). */
  readonly inRequest: boolean
  /** Whether responses have it (`include_attempt_count_in_response`). */
  readonly inResponse: boolean
  /** Whether retries have `x-envoy-is-timeout-retry`, `true` or `false` (`include_is_timeout_retry_header`). */
  readonly timeoutRetry: boolean
}
