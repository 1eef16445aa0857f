import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** One TypeScript file of a package. */
export interface SourceFile {
  /** Path from the root. */
  readonly path: string
  /** Folder name of its package. */
  readonly package: string
  /** Whether it is only there for tests. */
  readonly isTest: boolean
  readonly text: string
  /** What it imports and re-exports, as written. */
  readonly imports: readonly string[]
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g

/** Every source file of every package. */
export function sourceFiles(): SourceFile[] {
  const packages = readdirSync(join(ROOT, 'packages'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return packages.flatMap(({ name }) => {
    const folder = join(ROOT, 'packages', name, 'src')
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const absolute = join(entry.parentPath, entry.name)
        const path = relative(ROOT, absolute)
        const text = readFileSync(absolute, 'utf8')
        const isTest = entry.name.endsWith('.test.ts') || path.includes('/testing/')
        return { path, package: name, isTest, text, imports: importsOf(text) }
      })
  })
}

function importsOf(text: string): string[] {
  const code = withoutComments(text)
  return [...code.matchAll(IMPORT)].map((match) => (match[1] ?? match[2] ?? match[3])!)
}

/** The text without comments, so that an example in a comment does not count as code. Line numbers stay. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|[^:'"`])\/\/[^\n]*/g, '$1')
}

/** Path of the file that a relative import names. */
export function resolveRelative(from: SourceFile, specifier: string): string {
  return join(dirname(from.path), specifier).replace(/\.js$/, '.ts')
}
