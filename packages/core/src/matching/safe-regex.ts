import { RE2JS } from 're2js'
import { MeshError } from '../errors/mesh-error.js'

/**
 * A regular expression in RE2 syntax that must match the whole input. Linear in time whatever the pattern, as a control plane's
 * pattern runs on the event loop that carries traffic (envoy.type.matcher.v3.RegexMatcher; gRFC A28).
 */
export class SafeRegex {
  /** The pattern as configured. */
  readonly pattern: string
  readonly #compiled: RE2JS

  /**
   * @param pattern - RE2 syntax, without anchors: they are implied.
   * @throws MeshError `ERR_INMESH_REGEX` when the pattern is not valid RE2.
   */
  constructor(pattern: string) {
    this.pattern = pattern
    try {
      this.#compiled = RE2JS.compile(pattern)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MeshError('ERR_INMESH_REGEX', `not a valid RE2 expression: ${reason}`, { cause })
    }
  }

  /**
   * @param input - The string to test.
   * @returns whether the whole of `input` matches.
   */
  matches(input: string): boolean {
    return this.#compiled.matches(input)
  }
}
