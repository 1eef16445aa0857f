import { cpus } from 'node:os'
import type { Row } from './benchmark.js'

const HEADINGS = ['', 'bare', 'mesh', 'ratio', 'noise', 'target', '']

/**
 * @param rows - All lines.
 * @returns a table for the terminal.
 */
export function asText(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) => line.map((cell, column) => pad(cell, widths[column]!, column)).join('  ')).join('\n')
}

/**
 * @param rows - All lines.
 * @returns the table and what it was measured on, for docs/benchmarks.md.
 */
export function asMarkdown(rows: readonly Row[]): string {
  const table = [HEADINGS, HEADINGS.map((_, column) => (column === 0 ? '---' : '---:')), ...rows.map(cells)]
  const lines = table.map((line) => `| ${line.join(' | ')} |`)
  return [
    ...lines,
    '',
    `Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}.`,
  ].join('\n')
}

function cells(row: Row): string[] {
  return [
    row.what,
    row.bare,
    row.mesh,
    row.ratio?.toFixed(2) ?? '',
    row.noise?.toFixed(2) ?? '',
    typeof row.target === 'number' ? `≤ ${row.target.toFixed(2)}` : row.target,
    row.target === '' ? '' : row.met ? 'met' : 'missed',
  ]
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
