/**
 * Names priorities by the localities that they hold, so that one whose localities move to another place in the order stays the same, with all
 * that is known of it (gRFC A56).
 */
export class PriorityNames {
  /** Name by locality, as assigned last. */
  #byLocality: ReadonlyMap<string, string> = new Map()
  #made = 0

  /**
   * @param priorities - Keys of the localities of each priority.
   * @param inUse - Whether the priority of a name is connected to; such a name is kept rather than another.
   * @returns a name for each priority: the last name of one of its localities, where no higher priority has it, else a new one.
   */
  assign(priorities: readonly (readonly string[])[], inUse: (name: string) => boolean): readonly string[] {
    const taken = new Set<string>()
    const byLocality = new Map<string, string>()
    const names = priorities.map((localities) => {
      const known = localities.flatMap((key) => this.#byLocality.get(key) ?? []).filter((name) => !taken.has(name))
      const name = known.find(inUse) ?? known[0] ?? `priority-${this.#made++}`
      taken.add(name)
      for (const key of localities) if (!byLocality.has(key)) byLocality.set(key, name)
      return name
    })
    this.#byLocality = byLocality
    return names
  }
}
