import { randomFillSync } from 'node:crypto'
import type { Random } from './random.js'

/**
 * The machine's randomness. Choices among endpoints use V8's generator, which is fast and need not be secret; ids that leave the
 * process come from the operating system, as W3C Trace Context asks of trace ids.
 */
export class SystemRandom implements Random {
  next(): number {
    return Math.random()
  }

  below(bound: number): number {
    return Math.floor(Math.random() * bound)
  }

  fill(bytes: Uint8Array): void {
    randomFillSync(bytes)
  }
}
