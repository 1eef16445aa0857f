import { MeshError } from '../errors/mesh-error.js'
import { SafeRegex } from './safe-regex.js'

/** The characters of a path segment (RFC 3986, pchar), without `*`; ready for a character class. */
const SEGMENT = "a-zA-Z0-9._~%!$&'()+,;:@=-"
const LITERAL = new RegExp(`^[${SEGMENT}]+$`)
const PRINTABLE = /^\/[!-~]*$/
const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/
const MAX_NAME_LENGTH = 16
const MAX_VARIABLES = 5

/** `text` stands for itself, `segment` (`*`) for one path segment or part of one, `rest` (`**`) for anything, slashes included. */
type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'segment' | 'rest' }

/**
 * A path template as Envoy's `envoy.path.match.uri_template.uri_template_matcher` reads it: `*` is one path segment, `**` zero or more and
 * the last operator, `{name}` and `{name=pattern}` catch what they stand for.
 */
export class UriTemplate {
  /** As configured. */
  readonly text: string
  /** Names of its variables, in order. */
  readonly variables: readonly string[]
  readonly #regex: SafeRegex

  /**
   * @param text - The template; must begin with a slash.
   * @throws MeshError `ERR_INMESH_REGEX` with the reason when it is not of the grammar.
   */
  constructor(text: string) {
    this.text = text
    const parser = new Parser(text)
    this.variables = parser.variables
    this.#regex = new SafeRegex(parser.pattern)
  }

  /** What every path that matches begins with. */
  get prefix(): string {
    return this.#regex.prefix
  }

  /**
   * @param path - Path without its query string.
   * @returns whether the whole path matches.
   */
  matches(path: string): boolean {
    return this.#regex.matches(path)
  }

  /**
   * @param path - Path without its query string.
   * @returns what the variables caught, by name; undefined when the path does not match.
   */
  capture(path: string): Readonly<Record<string, string>> | undefined {
    return this.#regex.groups(path)
  }
}

class Parser {
  readonly variables: string[] = []
  /** The template in RE2 syntax. */
  readonly pattern: string
  #rest: string
  #seenRest = false
  #afterSlash = false

  constructor(text: string) {
    if (!PRINTABLE.test(text)) throw invalid('it must begin with a slash and have printable characters only')
    this.#rest = text
    let pattern = ''
    while (this.#rest !== '') pattern += this.#rest.startsWith('{') ? this.#variable() : this.#piece(this.#take())
    this.pattern = pattern
  }

  #variable(): string {
    const end = this.#rest.indexOf('}')
    if (end < 0) throw invalid('a bracket is not closed')
    const inner = this.#rest.slice(1, end)
    this.#rest = this.#rest.slice(end + 1)
    const equals = inner.indexOf('=')
    const name = equals < 0 ? inner : inner.slice(0, equals)
    this.#declare(name)
    if (equals < 0) return `(?P<${name}>${this.#piece({ kind: 'segment' })})`
    return `(?P<${name}>${this.#group(inner.slice(equals + 1))})`
  }

  #declare(name: string): void {
    if (!VARIABLE_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
      throw invalid(`${JSON.stringify(name)} is no name of a variable of at most ${MAX_NAME_LENGTH} characters`)
    }
    if (this.variables.includes(name)) throw invalid(`there are two variables named ${name}`)
    if (this.variables.push(name) > MAX_VARIABLES) throw invalid(`there are more than ${MAX_VARIABLES} variables`)
  }

  /** What stands in a variable behind its `=`. */
  #group(text: string): string {
    if (text === '') throw invalid('a variable has an empty pattern')
    const outer = this.#rest
    this.#rest = text
    let pattern = ''
    let afterOperator = false
    while (this.#rest !== '') {
      if (afterOperator && !this.#rest.startsWith('/'))
        throw invalid('a slash is missing behind an operator in a variable')
      const piece = this.#take()
      afterOperator = piece.kind !== 'text'
      pattern += this.#piece(piece)
    }
    this.#rest = outer
    return pattern
  }

  #take(): Piece {
    const rest = this.#rest
    const length = rest.startsWith('**') ? 2 : rest.startsWith('*') || rest.startsWith('/') ? 1 : literalLength(rest)
    const text = rest.slice(0, length)
    this.#rest = rest.slice(length)
    if (text === '**') return { kind: 'rest' }
    if (text === '*') return { kind: 'segment' }
    if (text !== '/' && !LITERAL.test(text)) throw invalid(`${JSON.stringify(text)} is no text of a path`)
    return { kind: 'text', text }
  }

  #piece(piece: Piece): string {
    if (piece.kind === 'text') {
      const slash = piece.text === '/'
      if (slash && this.#afterSlash) throw invalid('two slashes follow each other')
      this.#afterSlash = slash
      return piece.text.replace(/[$().+]/g, '\\$&')
    }
    if (this.#seenRest) throw invalid('an operator or a variable follows **')
    this.#seenRest = piece.kind === 'rest'
    this.#afterSlash = false
    return piece.kind === 'rest' ? `[/${SEGMENT}]*` : `[${SEGMENT}]+`
  }
}

/** Up to the next slash or variable. */
function literalLength(text: string): number {
  const end = text.search(/[/{]/)
  return end < 0 ? text.length : end
}

function invalid(reason: string): MeshError {
  return new MeshError('ERR_INMESH_REGEX', `not a valid URI template: ${reason}`)
}
