import { type Clock, type MeshError, SystemClock } from '@inmesh/core'
import type { MeshConfig } from '../model/mesh-config.js'
import { type MeshConfigResult, readMeshDirectory } from '../read/mesh-config-reader.js'
import { DirectoryWatch, directoryState } from './directory-watch.js'
import { type MeshChange, meshChanges } from './mesh-change.js'

/** Told what becomes of a configuration directory. Calls do not overlap. */
export interface MeshDirectoryListener {
  /**
   * The directory was read and differs from what was in use.
   *
   * @param config - All of it.
   * @param changes - What differs; empty when a refused directory was put back as it was.
   */
  changed(config: MeshConfig, changes: readonly MeshChange[]): void
  /**
   * The directory holds errors. Nothing of it is taken; the last good configuration stays in use.
   *
   * @param errors - All errors (`ERR_INMESH_CONFIG_FILE`, each with its place).
   */
  refused(errors: readonly MeshError[]): void
}

/** A directory of configuration files that is read, and read again when it changes. */
export class MeshDirectory {
  /** Path of the directory, as given. */
  readonly path: string
  readonly #clock: Clock
  #lastGood: MeshConfig | undefined
  #isRefused = false
  #seen = ''

  /**
   * @param path - Path of the directory.
   * @param options - `clock`: sets the timers of {@link watch}. Default: the system's.
   */
  constructor(path: string, options: { readonly clock?: Clock } = {}) {
    this.path = path
    this.#clock = options.clock ?? new SystemClock()
  }

  /** The configuration that was last read without errors; undefined until there is one. */
  get lastGood(): MeshConfig | undefined {
    return this.#lastGood
  }

  /**
   * Reads the directory.
   *
   * @returns the configuration, or every error found.
   */
  async load(): Promise<MeshConfigResult> {
    // Looked at before reading: a write in between is then noticed rather than missed.
    this.#seen = (await directoryState(this.path)).text
    const result = await readMeshDirectory(this.path)
    this.#isRefused = result.kind === 'refused'
    if (result.kind === 'loaded') this.#lastGood = result.config
    return result
  }

  /**
   * Reads the directory again whenever its files change, until the function that is returned is called. Changes count from the last
   * {@link load}. Does not keep an idle process alive.
   *
   * @param listener - Told what comes of it.
   * @returns a function that ends the watch.
   */
  watch(listener: MeshDirectoryListener): () => void {
    const watch = new DirectoryWatch(this.path, this.#clock, this.#seen, () => this.#reload(listener))
    return () => watch.close()
  }

  async #reload(listener: MeshDirectoryListener): Promise<void> {
    const before = this.#lastGood
    const wasRefused = this.#isRefused
    const result = await this.load()
    if (result.kind === 'refused') {
      listener.refused(result.errors)
      return
    }
    const changes = before === undefined ? [] : meshChanges(before, result.config)
    if (before === undefined || changes.length > 0 || wasRefused) listener.changed(result.config, changes)
  }
}
