const scheme = 'xdstp:'

/** A resource name of the new style: `xdstp://AUTHORITY/TYPE/ID?key=value` (gRFC A47, xRFC TP1). */
export interface XdstpName {
  /** Whoever says what the resource is; may be empty. */
  readonly authority: string
  /** Message of the resource, such as `envoy.config.listener.v3.Listener`. */
  readonly type: string
}

/** Whether a name is of the new style. */
export function isXdstp(name: string): boolean {
  return name.startsWith(scheme)
}

/**
 * Takes a name of the new style apart.
 *
 * @returns undefined when it is not well formed.
 */
export function parseXdstp(name: string): XdstpName | undefined {
  const match = /^xdstp:\/\/([^/?#]*)\/([^/?#]+)\/[^?#]/.exec(name)
  return match === null ? undefined : { authority: match[1]!, type: match[2]! }
}

/**
 * The form of a name that stands for all its spellings: the order of context parameters does not matter (xRFC TP1). Names of the old style
 * have one spelling.
 */
export function canonicalName(name: string): string {
  if (!isXdstp(name)) return name
  const hash = name.indexOf('#')
  const end = hash < 0 ? name.length : hash
  const question = name.indexOf('?')
  if (question < 0 || question > end) return name
  const parameters = name
    .slice(question + 1, end)
    .split('&')
    .sort()
  return `${name.slice(0, question)}?${parameters.join('&')}${name.slice(end)}`
}
