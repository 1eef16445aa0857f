import type { ConfigSource, TargetConfig, TargetWatcher } from '@inmesh/core'

/** A source that knows what it was told: measures the data plane without a control plane. */
export class StaticSource implements ConfigSource {
  readonly #configs = new Map<string, TargetConfig>()
  readonly #watchers = new Map<string, Set<TargetWatcher>>()

  /**
   * Sets or replaces the configuration of a target.
   *
   * @param config - The configuration.
   */
  set(config: TargetConfig): void {
    this.#configs.set(config.name, config)
    for (const watcher of this.#watchers.get(config.name) ?? []) watcher.configured(config)
  }

  watch(name: string, watcher: TargetWatcher): () => void {
    const watchers = this.#watchers.get(name) ?? new Set()
    this.#watchers.set(name, watchers.add(watcher))
    queueMicrotask(() => {
      const config = this.#configs.get(name)
      if (!watchers.has(watcher)) return
      if (config === undefined) watcher.unknown()
      else watcher.configured(config)
    })
    return () => watchers.delete(watcher)
  }
}
