/**
 * Whether a header is about one connection, and so is no part of what is passed on over another (RFC 9110, 7.6.1). Those about the framing of
 * a body are not counted here: each carrier writes its own.
 *
 * @param name - Lower-case name.
 * @param named - Headers that `connection` names, in lower case.
 */
export function isHopHeader(name: string, named: readonly string[]): boolean {
  switch (name.length) {
    case 7:
      if (name === 'upgrade') return true
      break
    case 10:
      if (name === 'connection' || name === 'keep-alive') return true
      break
    case 16:
      if (name === 'proxy-connection') return true
  }
  return named.length > 0 && named.includes(name)
}

/**
 * @param value - Value of a `connection` header.
 * @returns the headers that it names, in lower case, options that are no headers among them.
 */
export function namedByConnection(value: string): readonly string[] {
  return USUAL.has(value) ? NONE : value.split(',').map((name) => name.trim().toLowerCase())
}

const NONE: readonly string[] = []

const USUAL: ReadonlySet<string> = new Set(['keep-alive', 'close', 'Keep-Alive', 'Close', 'Upgrade', 'upgrade'])
