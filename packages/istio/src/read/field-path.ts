const step = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g

/**
 * Splits a field path into its steps, so that the place of a value can be found again.
 *
 * @param path - For example `virtual_hosts[0].typed_per_filter_config["envoy.filters.http.fault"].delay`.
 * @returns names and indices from the outside in.
 */
export function fieldPathSteps(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = []
  for (const [, index, key, name] of path.matchAll(step)) {
    if (index !== undefined) steps.push(Number(index))
    else if (key !== undefined) steps.push(JSON.parse(`"${key}"`) as string)
    else if (name !== undefined) steps.push(name)
  }
  return steps
}
