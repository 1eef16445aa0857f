import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** Styles that the demo uses. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Puts text in a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** Leaves every text as it is. */
export const plain: Paint = (_style, text) => text

/**
 * @param stream - Where the text will be written.
 * @returns a paint with colours when the stream is a terminal that shows them and the user does not refuse them (NO_COLOR).
 */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  const colours = stream.isTTY && (stream as WriteStream).hasColors()
  return colours ? (style, text) => styleText(style, text) : plain
}
