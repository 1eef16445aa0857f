import type { MeshError } from '@inmesh/core'
import type { ResourceType, Unsupported } from './resource-type.js'

/**
 * Why a resource seems to be absent: an `answer` to a request that named it lacks it, or there was `silence` for longer than a server should
 * need.
 */
export type AbsenceHint = 'answer' | 'silence'

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
   * The control plane does not seem to have the resource, which never came. Only a hint, for types whose responses are complete: the
   * resource counts as `missing` when the timer says so, and may still come before.
   *
   * @param hint - Why it seems so.
   */
  absent?(hint: AbsenceHint): void
}

/**
 * Told about every resource of a type that there is for this node (the xDS protocol's wildcard subscription). It is called as a
 * {@link ResourceWatcher} is: never from inside {@link ResourceProvider.watchAll}, and in one run for all that one response changes.
 */
export interface ResourceSetWatcher<T> {
  /**
   * A resource was added or changed. Equal bytes are not delivered twice, except to clear an earlier error.
   *
   * @param name - Name of the resource.
   * @param value - What it means.
   * @param unsupported - Its parts that are not carried out.
   */
  changed(name: string, value: T, unsupported: readonly Unsupported[]): void
  /**
   * The resource was taken out of the set, and its value with it: what is to belong to a set is for the control plane alone to say, so no
   * deletion policy keeps it. A {@link ResourceProvider.watch} of the same name has its own view of that.
   */
  removed(name: string): void
  /** The resource is there, but malformed, and no earlier copy of it was good. */
  failed(name: string, error: MeshError): void
  /** Something is wrong with the resource, or with the way to the control plane, but its last good value stays in use. */
  ambient(name: string, error: MeshError): void
  /**
   * Every resource that there is has been told. Called once, after the first answer, or at once where an earlier watch had it.
   */
  complete(): void
  /** The control plane could not be reached before the set was complete. It may still come. */
  unreachable(error: MeshError): void
}

/** Where resources come from: an ADS stream or files. */
export interface ResourceProvider {
  /**
   * Watches one resource. Watching the same resource twice is one subscription.
   *
   * @returns a function that ends the watch.
   */
  watch<T>(type: ResourceType<T>, name: string, watcher: ResourceWatcher<T>): () => void
  /**
   * Watches every resource of a type that the control plane has for this node; sensible for listeners and clusters only. As long as it
   * lasts, a {@link ResourceProvider.watch} of that type costs no request where the set has its resource, and where the complete set
   * lacks it, it hears at once that it is missing.
   *
   * @returns a function that ends the watch.
   */
  watchAll<T>(type: ResourceType<T>, watcher: ResourceSetWatcher<T>): () => void
}
