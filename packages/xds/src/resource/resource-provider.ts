import type { MeshError } from '@inmesh/core'
import type { ResourceType, Unsupported } from './resource-type.js'

/**
 * Told about one resource. Never called from inside {@link ResourceProvider.watch}; calls for one provider never overlap. All that one
 * response (or one set of files) changes is told in one run, together with what watches added meanwhile find in the cache: a microtask
 * queued by a watcher comes after the last of it.
 */
export interface ResourceWatcher<T> {
  /**
   * The resource arrived or changed. Equal bytes are not delivered twice, except to clear an earlier error.
   *
   * @param value - What the resource means.
   * @param unsupported - Its parts that are not carried out, as its type's `decode` listed them.
   */
  changed(value: T, unsupported: readonly Unsupported[]): void
  /**
   * The resource does not exist: it was deleted, or it never came within the time that gRFC A57 allows. It may still come.
   */
  missing(): void
  /**
   * There is nothing usable in the cache: the first answer was malformed, or no control plane could be reached.
   */
  failed(error: MeshError): void
  /**
   * Something is wrong, but the last good value stays in use (gRFC A88, "ambient error"): a malformed update, a lost control plane, a
   * deletion that the policy ignores.
   */
  ambient(error: MeshError): void
  /**
   * The control plane has answered a request that named the resource, and the resource was not in the answer. Only a hint, for types
   * whose responses are complete: the resource counts as `missing` when the timer says so.
   */
  absent?(): void
}

/** Where resources come from: an ADS stream or files. */
export interface ResourceProvider {
  /**
   * Watches one resource. Watching the same resource twice is one subscription.
   *
   * @returns a function that ends the watch.
   */
  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void
}
