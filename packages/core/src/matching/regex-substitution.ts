import { RE2JS } from 're2js'
import { MeshError } from '../errors/mesh-error.js'

/**
 * Puts a text in the place of whatever an RE2 expression matches (envoy.type.matcher.v3.RegexMatchAndSubstitute). Unlike `SafeRegex` it
 * looks for matches anywhere in its input. Linear in time, made ready once.
 */
export class RegexSubstitution {
  /** The expression as configured. */
  readonly pattern: string
  /** The text as configured: `\1` to `\9` stand for what a group caught, `\0` for the whole match, `\\` for a backslash. */
  readonly substitution: string
  readonly #compiled: RE2JS
  readonly #parts: readonly (string | number)[]

  /**
   * @param pattern - RE2 syntax.
   * @param substitution - See {@link RegexSubstitution.substitution}.
   * @throws MeshError `ERR_INMESH_REGEX` when the pattern is not valid RE2, or the text names a group that it does not have.
   */
  constructor(pattern: string, substitution: string) {
    this.pattern = pattern
    this.substitution = substitution
    try {
      this.#compiled = RE2JS.compile(pattern)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MeshError('ERR_INMESH_REGEX', `not a valid RE2 expression: ${reason}`, { cause })
    }
    this.#parts = parse(substitution, this.#compiled.groupCount())
  }

  /**
   * @param input - The string to change.
   * @returns it with every match replaced; matches do not overlap, and an empty one does not follow another (RE2, GlobalReplace).
   */
  replaceAll(input: string): string {
    const matcher = this.#compiled.matcher(input)
    let output = ''
    let end = -1
    let copied = 0
    while (matcher.find()) {
      const start = matcher.start()
      if (start === end && matcher.end() === start) continue
      output += input.slice(copied, start)
      for (const part of this.#parts) output += typeof part === 'string' ? part : (matcher.group(part) ?? '')
      end = matcher.end()
      copied = end
    }
    return end < 0 ? input : output + input.slice(copied)
  }
}

function parse(substitution: string, groups: number): readonly (string | number)[] {
  const parts: (string | number)[] = []
  let text = ''
  for (let index = 0; index < substitution.length; index++) {
    const character = substitution[index]!
    if (character !== '\\') {
      text += character
      continue
    }
    index++
    const escaped = substitution[index] ?? ''
    if (escaped === '\\') {
      text += escaped
    } else if (escaped >= '0' && escaped <= '9') {
      if (Number(escaped) > groups) throw invalid(`\\${escaped} names a group that the expression does not have`)
      if (text !== '') parts.push(text)
      text = ''
      parts.push(Number(escaped))
    } else {
      throw invalid('a backslash must be followed by a digit or a backslash')
    }
  }
  if (text !== '') parts.push(text)
  return parts
}

function invalid(reason: string): MeshError {
  return new MeshError('ERR_INMESH_REGEX', `not a valid substitution: ${reason}`)
}
