/** Whether two byte strings are equal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

/** A copy that owns its memory: a view would keep the whole response alive that the resource came in. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Bytes of a response to be kept: a copy, unless they are most of what a view of them keeps alive. */
export function keptBytes(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.length > bytes.buffer.byteLength ? bytes : ownBytes(bytes)
}
