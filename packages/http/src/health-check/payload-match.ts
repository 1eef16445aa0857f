/**
 * Whether a received text holds all expected pieces, one after the other; anything may stand between them (Envoy, "Health checking",
 * payload matching).
 *
 * @param pieces - What must be there.
 * @param received - What came so far.
 */
export function holdsInOrder(pieces: readonly Uint8Array[], received: Buffer): boolean {
  let from = 0
  for (const piece of pieces) {
    const at = received.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return true
}
