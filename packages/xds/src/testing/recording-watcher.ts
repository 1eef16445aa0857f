import type { MeshError } from '@inmesh/core'
import type { AbsenceHint, ResourceWatcher } from '../resource/resource-provider.js'

/** A watcher that writes down what it is told, one line each. */
export class RecordingWatcher implements ResourceWatcher<string> {
  readonly lines: string[] = []
  readonly errors: MeshError[] = []
  readonly #onLine: () => void

  constructor(onLine: () => void = () => {}) {
    this.#onLine = onLine
  }

  /** The lines since the last call. */
  take(): string[] {
    return this.lines.splice(0)
  }

  changed(value: string): void {
    this.#add(`changed ${value}`)
  }

  missing(): void {
    this.#add('missing')
  }

  failed(error: MeshError): void {
    this.errors.push(error)
    this.#add(`failed ${error.code}`)
  }

  ambient(error: MeshError): void {
    this.errors.push(error)
    this.#add(`ambient ${error.code}`)
  }

  absent(hint: AbsenceHint): void {
    this.#add(`absent ${hint}`)
  }

  #add(line: string): void {
    this.lines.push(line)
    this.#onLine()
  }
}
