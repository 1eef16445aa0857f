import { RE2JS } from 're2js'
import { MeshError } from '../errors/mesh-error.js'
import { type RegexShape, regexShape } from './regex-shape.js'

/**
 * A regular expression in RE2 syntax that must match the whole input. Linear in time whatever the pattern, as a control plane's
 * pattern runs on the event loop that carries traffic (envoy.type.matcher.v3.RegexMatcher; gRFC A28). What is plain text of a pattern is
 * compared as text, which is many times faster.
 */
export class SafeRegex {
  /** The pattern as configured. */
  readonly pattern: string
  readonly #compiled: RE2JS
  readonly #shape: RegexShape

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
    this.#shape = regexShape(pattern)
  }

  /** What every input that matches begins with; may be empty. */
  get prefix(): string {
    return this.#shape.prefix
  }

  /** All the inputs that match, where they can be listed. */
  get literals(): ReadonlySet<string> | undefined {
    return this.#shape.literals
  }

  /**
   * @param input - The string to test.
   * @returns whether the whole of `input` matches.
   */
  matches(input: string): boolean {
    const { literals, prefix, open } = this.#shape
    if (literals !== undefined) return literals.has(input)
    if (!input.startsWith(prefix)) return false
    return open ? input.indexOf('\n', prefix.length) < 0 : this.#compiled.testExact(input)
  }

  /**
   * @param input - The string to test.
   * @returns what the named groups of the pattern caught, or undefined when `input` does not match as a whole.
   */
  groups(input: string): Readonly<Record<string, string>> | undefined {
    const matcher = this.#compiled.matcher(input)
    if (!matcher.matches()) return undefined
    const caught: Record<string, string> = {}
    for (const name of Object.keys(this.#compiled.namedGroups())) caught[name] = matcher.group(name) ?? ''
    return caught
  }
}
