/** What can be told of a regular expression without running it. */
export interface RegexShape {
  /** What every input that matches begins with; may be empty. */
  readonly prefix: string
  /** All the inputs that match, where the expression is one text or a list of texts. */
  readonly literals: ReadonlySet<string> | undefined
  /** Whether exactly the inputs match that begin with `prefix` and have no line break behind it. */
  readonly open: boolean
}

interface Alternative {
  readonly prefix: string
  /** What stands behind the prefix. */
  readonly rest: string
}

const META = '.+*?()|[]{}^$'
const QUANTIFIERS = '*?{+'
const WORD = /[A-Za-z0-9]/

/**
 * Looks for the text that a pattern in RE2 syntax is made of, so that most paths and headers are told apart without the engine. Where it is
 * not sure it says less: an empty prefix is always true.
 *
 * @param pattern - A valid pattern that must match a whole input.
 */
export function regexShape(pattern: string): RegexShape {
  const alternatives = splitAlternatives(pattern).map(readAlternative)
  if (alternatives.every(({ rest }) => rest === '')) {
    const literals = new Set(alternatives.map(({ prefix }) => prefix))
    return { prefix: commonPrefix([...literals]), literals, open: false }
  }
  const prefix = commonPrefix(alternatives.map((alternative) => alternative.prefix))
  return { prefix, literals: undefined, open: alternatives.length === 1 && alternatives[0]!.rest === '.*' }
}

/** The alternatives at the outermost level. One that begins with an alternation that cannot be split has no prefix, as it begins with `|`. */
function splitAlternatives(pattern: string): readonly string[] {
  if (!pattern.includes('|')) return [pattern]
  // Where brackets may be text, or brackets stand in brackets, the level is not counted.
  if (pattern.includes('\\Q') || pattern.includes('[[:')) return ['|']
  const found: string[] = []
  let depth = 0
  let inClass = false
  let from = 0
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern[index]
    if (char === '\\') index++
    else if (inClass) inClass = char !== ']'
    else if (char === '[') {
      inClass = true
      // A bracket that comes first in its class is text.
      if (pattern[index + 1] === '^') index++
      if (pattern[index + 1] === ']') index++
    } else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) {
      found.push(pattern.slice(from, index))
      from = index + 1
    }
  }
  return [...found, pattern.slice(from)]
}

function readAlternative(alternative: string): Alternative {
  // Both anchors are implied.
  let index = alternative.startsWith('^') ? 1 : 0
  let prefix = ''
  for (; index < alternative.length; index++) {
    const char = alternative[index]!
    if (char === '\\') {
      const escaped = alternative[index + 1]
      if (escaped === undefined || WORD.test(escaped)) break
      prefix += escaped
      index++
    } else if (META.includes(char)) {
      break
    } else {
      prefix += char
    }
  }
  const rest = alternative.slice(index)
  if (rest === '$') return { prefix, rest: '' }
  if (rest === '.*$') return { prefix, rest: '.*' }
  // A quantifier takes the last character, which may be half of a pair.
  if (rest !== '' && QUANTIFIERS.includes(rest[0]!)) prefix = [...prefix].slice(0, -1).join('')
  return { prefix, rest }
}

function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? ''
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1)
  return prefix
}
