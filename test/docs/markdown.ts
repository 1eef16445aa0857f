import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A fenced block of code in a page. */
export interface CodeBlock {
  /** Path of the page from the root. */
  readonly page: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** What stands behind the fence: `ts`, `sh`, `text`. */
  readonly language: string
  readonly code: string
}

/** Every hand-written page. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => `docs/${entry.name}`)
  const packages = readdirSync(join(ROOT, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((page) => existsSync(join(ROOT, page)))
  return [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'examples/README.md',
    'examples/kubernetes/README.md',
    ...docs,
    ...packages,
  ]
}

/** The text of a page. */
export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** Every fenced block of a page. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { line: number; language: string; lines: string[] } | undefined
  for (const [index, line] of pageText(page).split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { line: index + 1, language: fence[1]!.trim(), lines: [] }
    else {
      blocks.push({ page, line: open.line, language: open.language, code: open.lines.join('\n') })
      open = undefined
    }
  }
  return blocks
}
