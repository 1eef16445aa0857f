/** Tells whether a step's inputs are what they were when its output was made. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A step: the file that remembers its inputs, their hash now, and what it makes. */
export class Step {
  #stampFile
  #hash
  #outputs

  /**
   * @param {string} stampFile
   * @param {string} hash
   * @param {string[]} outputs
   */
  constructor(stampFile, hash, outputs) {
    this.#stampFile = stampFile
    this.#hash = hash
    this.#outputs = outputs
  }

  /** Whether running it again would change nothing. */
  get isDone() {
    return (
      existsSync(this.#stampFile) &&
      readFileSync(this.#stampFile, 'utf8') === this.#hash &&
      this.#outputs.every((path) => existsSync(path))
    )
  }

  /** Remembers that it has run. */
  done() {
    mkdirSync(dirname(this.#stampFile), { recursive: true })
    writeFileSync(this.#stampFile, this.#hash)
  }
}

/**
 * @param {string[]} paths files whose bytes count
 * @param {string[]} values other text that counts
 */
export function hashOf(paths, values = []) {
  const hash = createHash('sha256')
  for (const value of values) hash.update(`${value}\0`)
  for (const path of [...paths].sort()) {
    const bytes = readFileSync(path)
    hash.update(`${path}\0${bytes.length}\0`)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

/** The files below a folder. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
