import { type FSWatcher, promises as fs, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock, Timer } from '@inmesh/core'
import { sourcePaths } from '../read/source-file.js'

// The system's notices come at once but not from every file system (network mounts, containers); the look at intervals catches the rest.
const pollIntervalMs = 1000
// An editor truncates and then writes, or writes and then renames. Nothing is read before the files have stayed as they are for so long.
const settleMs = 50

/** Notices changes to the configuration files of a directory, without reading them. */
export class DirectoryWatch {
  readonly #directory: string
  readonly #clock: Clock
  readonly #changed: () => Promise<void>
  readonly #watchers = new Map<string, FSWatcher>()
  #seen: string
  #timer: Timer | undefined
  #closed = false
  #looking = false
  #noticed = false

  /**
   * @param directory - Path of the directory.
   * @param clock - Sets the timers; none of them keeps an idle process alive.
   * @param seen - The state that is known already, from {@link directoryState}.
   * @param changed - Called when the files differ from what was seen and have come to rest. Calls do not overlap.
   */
  constructor(directory: string, clock: Clock, seen: string, changed: () => Promise<void>) {
    this.#directory = directory
    this.#clock = clock
    this.#seen = seen
    this.#changed = changed
    this.#follow([directory])
    this.#schedule(settleMs)
  }

  /** Ends the watch. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    if (this.#closed) return
    this.#timer = this.#clock.setTimer(delayMs, () => void this.#look())
  }

  #notice(): void {
    if (this.#looking) this.#noticed = true
    else this.#schedule(settleMs)
  }

  async #look(): Promise<void> {
    this.#looking = true
    this.#noticed = false
    try {
      const state = await directoryState(this.#directory)
      if (this.#closed) return
      this.#follow([this.#directory, ...state.paths.map((path) => dirname(path))])
      if (state.text !== this.#seen) await this.#settle(state.text)
    } finally {
      this.#looking = false
      this.#schedule(this.#noticed ? settleMs : pollIntervalMs)
    }
  }

  async #settle(text: string): Promise<void> {
    let last = text
    for (;;) {
      await new Promise<void>((resolve) => {
        this.#timer = this.#clock.setTimer(settleMs, resolve)
      })
      const state = await directoryState(this.#directory)
      if (this.#closed) return
      if (state.text === last) break
      last = state.text
    }
    this.#seen = last
    await this.#changed()
  }

  #follow(folders: readonly string[]): void {
    const wanted = new Set(folders)
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    for (const folder of wanted) {
      if (this.#watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#notice())
        watcher.on('error', () => this.#unfollow(folder))
        this.#watchers.set(folder, watcher)
      } catch {
        // Too many watches, or the folder has just gone: the look at intervals remains.
      }
    }
  }

  #unfollow(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}

/** The configuration files of a directory, as they look from outside. */
export interface DirectoryState {
  /** Their paths. */
  readonly paths: readonly string[]
  /** Equal texts mean that nothing was written. */
  readonly text: string
}

/**
 * @param directory - Path of the directory.
 * @returns its configuration files and what tells whether they were written.
 */
export async function directoryState(directory: string): Promise<DirectoryState> {
  const paths = await sourcePaths(directory)
  const parts = await Promise.all(
    paths.map(async (path) => {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await fs.stat(path)
        return `${path} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
      } catch {
        return `${path} gone`
      }
    }),
  )
  return { paths, text: parts.join('\n') }
}
