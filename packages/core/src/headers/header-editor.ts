/** Headers that can be changed, in the form in which a carrier holds them. Names are given in lower case; their case on the wire is kept. */
export interface HeaderEditor {
  /**
   * @param name - Lower-case name.
   * @returns the value, several values joined by `,`; undefined when there is none.
   */
  get(name: string): string | undefined
  /** Adds a header; those of the same name stay. */
  add(name: string, value: string): void
  /** Puts a header in place of all of the same name. */
  set(name: string, value: string): void
  /** Removes all headers of a name. */
  remove(name: string): void
  /**
   * Removes headers by a condition.
   *
   * @param test - Is given each name in lower case.
   */
  removeMatching(test: (name: string) => boolean): void
}
