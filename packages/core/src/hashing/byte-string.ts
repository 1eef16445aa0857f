/**
 * A string with one byte in each character, as headers arrive and leave: what the hashes read. Text with characters above U+00FF has to be
 * encoded first.
 *
 * @param text - Any text, from a configuration for example.
 * @returns the bytes of its UTF-8 encoding, one in each character; `text` itself where it is ASCII.
 */
export function utf8ByteString(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return String.fromCharCode(...new TextEncoder().encode(text))
  }
  return text
}

/**
 * @param bytes - One byte in each character.
 * @param index - Where to begin; four characters must be there.
 * @returns four bytes as a little-endian integer, signed.
 */
export function littleEndian32(bytes: string, index: number): number {
  return (
    (bytes.charCodeAt(index) & 0xff) |
    ((bytes.charCodeAt(index + 1) & 0xff) << 8) |
    ((bytes.charCodeAt(index + 2) & 0xff) << 16) |
    (bytes.charCodeAt(index + 3) << 24)
  )
}
