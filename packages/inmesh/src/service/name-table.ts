import { MeshError } from '@inmesh/core'
import type { ServiceOptions } from './service-options.js'
import { differingOption, resolveServiceOptions, type ServiceSettings } from './service-settings.js'

interface Entry<T> {
  readonly value: T
  readonly settings: ServiceSettings
}

/** Services or routes, of which there is one for each name however often it is asked for, and with the same options each time. */
export class NameTable<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #describe: (name: string) => string
  readonly #base: ServiceSettings | undefined
  readonly #make: (name: string, settings: ServiceSettings) => T

  /**
   * @param describe - What errors call the one of a name.
   * @param base - What holds where options say nothing; undefined for the defaults.
   * @param make - Makes the one of a name.
   */
  constructor(
    describe: (name: string) => string,
    base: ServiceSettings | undefined,
    make: (name: string, settings: ServiceSettings) => T,
  ) {
    this.#describe = describe
    this.#base = base
    this.#make = make
  }

  /** All there are, in the order in which they were first asked for. */
  get all(): readonly T[] {
    return Array.from(this.#entries.values(), ({ value }) => value)
  }

  /**
   * @param name - The name.
   * @returns whether there is one of that name.
   */
  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /**
   * @param name - The name.
   * @param options - Default: those of the one that is there, or none.
   * @throws MeshError ERR_INMESH_OPTIONS naming the option that is wrong, or that differs.
   */
  get(name: string, options?: ServiceOptions): T {
    const there = this.#entries.get(name)
    if (there !== undefined && options === undefined) return there.value
    const owner = this.#describe(name)
    const settings = resolveServiceOptions(owner, options ?? {}, this.#base)
    if (there === undefined) {
      const value = this.#make(name, settings)
      this.#entries.set(name, { value, settings })
      return value
    }
    const field = differingOption(there.settings, settings)
    if (field === undefined) return there.value
    throw new MeshError(
      'ERR_INMESH_OPTIONS',
      `${owner} is there with another option ${field}. Give the options once, where the application starts, and the name alone elsewhere`,
      { place: { field } },
    )
  }
}
