import { Complaint } from './option-checks.js'

/** The value of a text option. */
export function asWritten(text: string): string {
  return text
}

/** Number('') and Number(' 1') are numbers; a variable that holds them is a mistake. */
export function number(text: string): unknown {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Entries between commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** Numbers between commas. */
export function numbers(text: string): unknown[] {
  return list(text).map(number)
}

/** `true` or `false`; anything else stays what it is. */
export function truth(text: string): unknown {
  return text === 'true' || text === 'false' ? text === 'true' : text
}

/** `true`, `false` or names between commas. */
export function truthOrList(text: string): unknown {
  const value = truth(text)
  return typeof value === 'boolean' ? value : list(text)
}

/** `key=value,key=value`. */
export function pairs(text: string): unknown {
  const labels: Record<string, string> = {}
  for (const entry of list(text)) {
    const equals = entry.indexOf('=')
    if (equals < 1) throw new Complaint('must be written as key=value,key=value')
    labels[entry.slice(0, equals)] = entry.slice(equals + 1)
  }
  return labels
}

/** `region/zone/subZone`. */
export function locality(text: string): unknown {
  const [region, zone, subZone, ...more] = text.split('/')
  if (more.length > 0) throw new Complaint('must be written as region/zone/subZone')
  return { region, ...(zone && { zone }), ...(subZone && { subZone }) }
}
