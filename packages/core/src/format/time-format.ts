/** Writes a time. Always UTC. */
type TimePart = (date: Date, nanoseconds: string) => string

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAY_MS = 86_400_000

/** The specifiers of strftime that Envoy's users know, and Envoy's own `%s`, `%f` and `%3f` ("START_TIME"). */
const PARTS: Readonly<Record<string, TimePart>> = {
  Y: (date) => String(date.getUTCFullYear()),
  y: (date) => two(date.getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2, ' '),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (date) => String(dayOfYear(date)).padStart(3, '0'),
  A: (date) => DAYS[date.getUTCDay()]!,
  a: (date) => DAYS[date.getUTCDay()]!.slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()]!,
  b: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  h: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  u: (date) => String(date.getUTCDay() || 7),
  w: (date) => String(date.getUTCDay()),
  F: (date) => date.toISOString().slice(0, 10),
  T: (date) => date.toISOString().slice(11, 19),
  R: (date) => date.toISOString().slice(11, 16),
  D: (date) => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  f: (_, nanoseconds) => nanoseconds,
  z: () => '+0000',
  Z: () => 'UTC',
  Ez: () => '+00:00',
  'E*S': (date, nanoseconds) => withFraction(date, nanoseconds.replace(/0+$/, '')),
  '%': () => '%',
}

const SPECIFIER = /%(?:E([0-9])S|E\*S|([1-9])f|E?[a-zA-Z%])/g

/** A format for times, made ready. */
export class TimeFormat {
  readonly #parts: readonly (string | TimePart)[]

  private constructor(parts: readonly (string | TimePart)[]) {
    this.#parts = parts
  }

  /**
   * @param format - Specifiers of strftime, and Envoy's own.
   * @returns the format, or the first specifier that is not known.
   */
  static parse(format: string): TimeFormat | { readonly unknown: string } {
    const parts: (string | TimePart)[] = []
    let end = 0
    for (const match of format.matchAll(SPECIFIER)) {
      const part = timePart(match)
      if (part === undefined) return { unknown: match[0] }
      if (match.index > end) parts.push(format.slice(end, match.index))
      parts.push(part)
      end = match.index + match[0].length
    }
    if (end < format.length) parts.push(format.slice(end))
    return new TimeFormat(parts)
  }

  /**
   * @param timeMs - Milliseconds since the Unix epoch; fractions are allowed.
   */
  write(timeMs: number): string {
    const date = new Date(timeMs)
    const nanoseconds = String(Math.floor((timeMs - Math.floor(timeMs / 1000) * 1000) * 1_000_000)).padStart(9, '0')
    let text = ''
    for (const part of this.#parts) text += typeof part === 'string' ? part : part(date, nanoseconds)
    return text
  }
}

function timePart([specifier, secondsDigits, digits]: RegExpMatchArray): TimePart | undefined {
  if (digits !== undefined) return (_, nanoseconds) => nanoseconds.slice(0, Number(digits))
  if (secondsDigits !== undefined) {
    return (date, nanoseconds) => withFraction(date, nanoseconds.slice(0, Number(secondsDigits)))
  }
  return PARTS[specifier.slice(1)]
}

function withFraction(date: Date, fraction: string): string {
  const seconds = two(date.getUTCSeconds())
  return fraction === '' ? seconds : `${seconds}.${fraction}`
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
