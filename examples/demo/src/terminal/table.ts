import { stripVTControlCharacters } from 'node:util'

/**
 * Lays out rows in columns. Columns whose cells are all numbers, or empty, stand to the right; a rule goes below the head.
 *
 * @param head - Titles of the columns.
 * @param rows - Cells; a row may be shorter than the head.
 * @returns the lines.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const columns = head.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    return {
      width: Math.max(...[title, ...cells].map(visibleLength)),
      toRight:
        cells.some((cell) => cell !== '') && cells.every((cell) => /^[\d,]*$/.test(stripVTControlCharacters(cell))),
    }
  })
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ width, toRight }, column) => {
        const cell = cells[column] ?? ''
        const space = ' '.repeat(width - visibleLength(cell))
        return toRight ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  const rule = columns.map(({ width }) => '-'.repeat(width)).join('  ')
  return [line(head), rule, ...rows.map(line)]
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length
}
