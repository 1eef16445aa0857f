/** Names in which an underscore stands before a digit, which camel case does not show. */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['consecutive5xx', 'consecutive_5xx'],
  ['enforcingConsecutive5xx', 'enforcing_consecutive_5xx'],
  ['proxy100Continue', 'proxy_100_continue'],
])

/**
 * @param key - Field name as the generated messages have it, `virtualHosts`.
 * @returns the name in the .proto file, `virtual_hosts`, which is what people know from documents and logs.
 */
export function protoFieldName(key: string): string {
  return IRREGULAR.get(key) ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
