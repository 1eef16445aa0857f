import type { ResourceProvider, ResourceType, ResourceWatcher } from '@inmesh/xds'

/** A provider that only records what is watched; tests speak for the control plane. */
export class FakeProvider implements ResourceProvider {
  readonly watchers = new Map<string, ResourceWatcher<never>>()

  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void {
    const key = `${type.shortName} ${name}`
    this.watchers.set(key, watcher as ResourceWatcher<never>)
    return () => this.watchers.delete(key)
  }

  watchAll(): never {
    throw new Error('nothing is watched as a whole here')
  }

  /** What is watched, as `LDS name`. */
  get watched(): string[] {
    return [...this.watchers.keys()]
  }
}
