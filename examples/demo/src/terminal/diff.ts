import type { Paint } from './paint.js'

interface Change {
  readonly mark: ' ' | '-' | '+'
  readonly line: string
  /** Lines of the old and of the new text before this one. */
  readonly before: number
  readonly after: number
}

const CONTEXT_LINES = 2

/**
 * The difference of two texts in the unified format of `diff -u`.
 *
 * @param name - Name of the file.
 * @returns its lines; none when the texts are equal.
 */
export function unifiedDiff(name: string, before: string, after: string): readonly string[] {
  const changes = compare(linesOf(before), linesOf(after))
  const hunks = hunksOf(changes)
  return hunks.length === 0 ? [] : [`--- ${name}`, `+++ ${name}`, ...hunks.flatMap(printHunk)]
}

/** Colours the lines of a unified diff. */
export function paintDiff(lines: readonly string[], paint: Paint): string {
  const painted = lines.map((line) => {
    if (line.startsWith('---') || line.startsWith('+++')) return paint('bold', line)
    if (line.startsWith('@@')) return paint('cyan', line)
    if (line.startsWith('-')) return paint('red', line)
    return line.startsWith('+') ? paint('green', line) : line
  })
  return painted.join('\n')
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n')
}

/** Walks both texts along a longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): readonly Change[] {
  const common = commonLengths(before, after)
  const changes: Change[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      changes.push({ mark: ' ', line: before[i]!, before: i++, after: j++ })
    } else if (j === after.length || (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      changes.push({ mark: '-', line: before[i]!, before: i++, after: j })
    } else {
      changes.push({ mark: '+', line: after[j]!, before: i, after: j++ })
    }
  }
  return changes
}

/** `result[i][j]` is the length of the longest common subsequence of what follows line i and line j. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const skipped = Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
      lengths[i]![j] = before[i] === after[j] ? lengths[i + 1]![j + 1]! + 1 : skipped
    }
  }
  return lengths
}

/** Cuts the walk into runs of changes with their context; runs whose contexts touch are one. */
function hunksOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: { start: number; end: number }[] = []
  changes.forEach(({ mark }, index) => {
    if (mark === ' ') return
    const start = Math.max(index - CONTEXT_LINES, 0)
    const end = Math.min(index + CONTEXT_LINES + 1, changes.length)
    const last = hunks.at(-1)
    if (last !== undefined && start <= last.end) last.end = end
    else hunks.push({ start, end })
  })
  return hunks.map(({ start, end }) => changes.slice(start, end))
}

function printHunk(hunk: readonly Change[]): readonly string[] {
  const first = hunk[0]!
  const range = (start: number, lines: number): string => `${lines === 0 ? start : start + 1},${lines}`
  const removed = range(first.before, hunk.filter(({ mark }) => mark !== '+').length)
  const added = range(first.after, hunk.filter(({ mark }) => mark !== '-').length)
  return [`@@ -${removed} +${added} @@`, ...hunk.map(({ mark, line }) => mark + line)]
}
