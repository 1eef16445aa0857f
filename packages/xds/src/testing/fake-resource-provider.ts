import type { MeshError } from '@inmesh/core'
import type {
  AbsenceHint,
  ResourceProvider,
  ResourceSetWatcher,
  ResourceWatcher,
} from '../resource/resource-provider.js'
import type { ResourceType, Unsupported } from '../resource/resource-type.js'

/** A type, as far as the provider of a test looks at it. */
type Named = Pick<ResourceType<unknown>, 'shortName'>

/** The last word about a resource, for watchers that come late. */
type Word = (watcher: ResourceWatcher<unknown>) => void

/** A provider whose resources are in the hands of the test. */
export class FakeResourceProvider implements ResourceProvider {
  readonly #watchers = new Map<string, Set<ResourceWatcher<unknown>>>()
  readonly #setWatchers = new Map<string, Set<ResourceSetWatcher<unknown>>>()
  readonly #words = new Map<string, Word>()

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    const key = `${type.shortName} ${name}`
    const watchers = this.#watchers.get(key) ?? new Set()
    this.#watchers.set(key, watchers)
    const erased = watcher as ResourceWatcher<unknown>
    watchers.add(erased)
    const word = this.#words.get(key)
    if (word !== undefined) {
      queueMicrotask(() => {
        if (watchers.has(erased)) word(erased)
      })
    }
    return () => {
      watchers.delete(erased)
      if (watchers.size > 0) return
      this.#watchers.delete(key)
      this.#words.delete(key)
    }
  }

  /** Named in {@link FakeResourceProvider.watched} as `CDS *`. What resources of the type do is for the test to say of each by name too. */
  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void {
    const watchers = this.#setWatchers.get(type.shortName) ?? new Set()
    this.#setWatchers.set(type.shortName, watchers)
    const erased = watcher as ResourceSetWatcher<unknown>
    watchers.add(erased)
    return () => {
      watchers.delete(erased)
      if (watchers.size === 0) this.#setWatchers.delete(type.shortName)
    }
  }

  /** Says something to whoever watches a type as a whole. */
  tellAll<T>(type: ResourceType<T>, word: (watcher: ResourceSetWatcher<T>) => void): void {
    for (const watcher of [...(this.#setWatchers.get(type.shortName) ?? [])]) word(watcher)
  }

  /** What is watched, as `LDS name`, in order of the alphabet. */
  get watched(): readonly string[] {
    const sets = [...this.#setWatchers.keys()].map((type) => `${type} *`)
    return [...this.#watchers.keys(), ...sets].sort()
  }

  /** Whether a resource is watched. */
  isWatched(type: Named, name: string): boolean {
    return this.#watchers.has(`${type.shortName} ${name}`)
  }

  /** The resource arrives. Nothing happens where nobody watches it, as with a control plane. */
  change<T>(type: ResourceType<T>, name: string, value: T, unsupported: readonly Unsupported[] = []): void {
    this.#tell(type, name, (watcher) => watcher.changed(value, unsupported))
  }

  /** The resource does not exist. */
  miss(type: Named, name: string): void {
    this.#tell(type, name, (watcher) => watcher.missing())
  }

  /** There is nothing usable. */
  fail(type: Named, name: string, error: MeshError): void {
    this.#tell(type, name, (watcher) => watcher.failed(error))
  }

  /** An error that leaves the last good value in use. */
  disturb(type: Named, name: string, error: MeshError): void {
    for (const watcher of this.#watchersOf(type, name)) watcher.ambient(error)
  }

  /** The resource was asked for and, for all that is known, is not there. */
  omit(type: Named, name: string, hint: AbsenceHint = 'answer'): void {
    for (const watcher of this.#watchersOf(type, name)) watcher.absent?.(hint)
  }

  #tell(type: Named, name: string, word: Word): void {
    const watchers = this.#watchersOf(type, name)
    if (watchers.length === 0) return
    this.#words.set(`${type.shortName} ${name}`, word)
    for (const watcher of watchers) word(watcher)
  }

  #watchersOf(type: Named, name: string): readonly ResourceWatcher<unknown>[] {
    return [...(this.#watchers.get(`${type.shortName} ${name}`) ?? [])]
  }
}
