import type { ClusterWatcher, ConfigSource, MeshError, TargetConfig, TargetWatcher } from '@inmesh/core'

type Knowledge = TargetConfig | 'unknown' | MeshError

/** A source of configuration that says what a test tells it to, and nothing until then. */
export class TestSource implements ConfigSource {
  /** For tests of clusters that requests name. */
  watchCluster?: (name: string, watcher: ClusterWatcher) => () => void
  readonly #known = new Map<string, Knowledge>()
  readonly #watchers = new Map<string, Set<TargetWatcher>>()

  /** Names that are watched now. */
  get watched(): string[] {
    return [...this.#watchers].filter(([, watchers]) => watchers.size > 0).map(([name]) => name)
  }

  /** What a target was last said to be, when that can be called. */
  configurationOf(name: string): TargetConfig | undefined {
    const knowledge = this.#known.get(name)
    return knowledge === undefined || knowledge === 'unknown' || knowledge instanceof Error ? undefined : knowledge
  }

  set(name: string, knowledge: Knowledge): void {
    this.#known.set(name, knowledge)
    for (const watcher of this.#watchers.get(name) ?? []) tell(watcher, knowledge)
  }

  watch(name: string, watcher: TargetWatcher): () => void {
    const watchers = this.#watchers.get(name) ?? new Set()
    this.#watchers.set(name, watchers.add(watcher))
    queueMicrotask(() => {
      const knowledge = this.#known.get(name)
      if (knowledge !== undefined && watchers.has(watcher)) tell(watcher, knowledge)
    })
    return () => watchers.delete(watcher)
  }
}

function tell(watcher: TargetWatcher, knowledge: Knowledge): void {
  if (knowledge === 'unknown') watcher.unknown()
  else if (knowledge instanceof Error) watcher.failed(knowledge)
  else watcher.configured(knowledge)
}
