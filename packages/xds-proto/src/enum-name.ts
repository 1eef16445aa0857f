/**
 * The name of an enum's value, for messages and errors: the number itself when
 * the enum has no such value (a newer peer may send one).
 */
export function enumName(values: Readonly<Record<string, number>>, value: number): string {
  for (const name of Object.keys(values)) if (values[name] === value) return name
  return String(value)
}
