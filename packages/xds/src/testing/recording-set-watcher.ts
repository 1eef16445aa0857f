import type { MeshError } from '@inmesh/core'
import type { ResourceSetWatcher } from '../resource/resource-provider.js'

/** A watcher of a whole type that writes down what it is told, one line each. */
export class RecordingSetWatcher implements ResourceSetWatcher<string> {
  readonly #lines: string[] = []

  /** The lines since the last call. */
  take(): string[] {
    return this.#lines.splice(0)
  }

  changed(name: string, value: string): void {
    this.#lines.push(`changed ${name} ${value}`)
  }

  removed(name: string): void {
    this.#lines.push(`removed ${name}`)
  }

  failed(name: string, error: MeshError): void {
    this.#lines.push(`failed ${name} ${error.code}`)
  }

  ambient(name: string, error: MeshError): void {
    this.#lines.push(`ambient ${name} ${error.code}`)
  }

  complete(): void {
    this.#lines.push('complete')
  }

  unreachable(error: MeshError): void {
    this.#lines.push(`unreachable ${error.code}`)
  }
}
