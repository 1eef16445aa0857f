/** Header that carries how urgent a request is (RFC 9218). */
export const PRIORITY_HEADER = 'priority'

const LOWEST_URGENCY = 7

/** Values of the header by urgency. */
const VALUES: readonly string[] = Array.from({ length: LOWEST_URGENCY + 1 }, (_, urgency) => `u=${urgency}`)

/**
 * @param value - Anything.
 * @returns whether it is an urgency: a whole number from 0 to 7.
 */
export function isUrgency(value: unknown): value is number {
  return typeof value === 'number' && VALUES[value] !== undefined
}

/**
 * Reads the urgency from a header. Whether the response may come in parts, which it may say too, concerns one hop only.
 *
 * @param value - Value of {@link PRIORITY_HEADER}, a dictionary of structured fields (RFC 9651).
 * @returns 0 to 7; undefined when it says none, or one that is not allowed, which must be ignored (RFC 9218, 4).
 */
export function parseUrgency(value: string): number | undefined {
  let urgency: number | undefined
  let quoted = false
  let start = 0
  for (let index = 0; index <= value.length; index++) {
    const character = index === value.length ? ',' : value[index]
    if (character === '"') quoted = !quoted
    else if (character === '\\') index++
    else if (character === ',' && !quoted) {
      // Of several members of one name the last one counts.
      const member = value.slice(start, index).trim()
      if (isUrgencyMember(member)) urgency = urgencyOf(member)
      start = index + 1
    }
  }
  return urgency
}

/**
 * Writes the header.
 *
 * @param urgency - 0 to 7.
 */
export function formatUrgency(urgency: number): string {
  return VALUES[urgency]!
}

function isUrgencyMember(member: string): boolean {
  return member.startsWith('u') && (member.length === 1 || member[1] === '=' || member[1] === ';')
}

function urgencyOf(member: string): number | undefined {
  const end = member.indexOf(';')
  const urgency = VALUES.indexOf(end < 0 ? member : member.slice(0, end))
  return urgency < 0 ? undefined : urgency
}
