import { type Dirent, promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { Problems } from './problems.js'

/** A configuration file as it was read. */
export interface SourceFile {
  /** Path: the directory as the user gave it, with the path below it. */
  readonly path: string
  /** Content. */
  readonly text: string
}

const configurationName = /\.(ya?ml|json)$/

/**
 * Reads every `.yaml`, `.yml` and `.json` file of a directory and of the directories below it, in the order of their names. Names that
 * begin with a dot are passed over: editors keep their own files under such names, and Kubernetes the generations of a mounted ConfigMap.
 *
 * @param directory - Path of the directory.
 * @param problems - Told when the directory or a file cannot be read.
 */
export async function readSourceFiles(directory: string, problems: Problems): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const path of await sourcePaths(directory, problems)) {
    try {
      files.push({ path, text: await fs.readFile(path, 'utf8') })
    } catch (cause) {
      // A file that went away between the listing and the reading is simply not there: editors replace files by renaming.
      if (!isMissing(cause)) problems.error({ file: path }, `cannot be read: ${reasonOf(cause)}`, cause)
    }
  }
  return files
}

/**
 * @param directory - Path of the directory.
 * @param problems - Told when a directory cannot be read; without it, unreadable directories are passed over.
 * @returns the paths of the configuration files, in the order of their names.
 */
export async function sourcePaths(directory: string, problems?: Problems): Promise<readonly string[]> {
  const paths: string[] = []
  const walked = new Set<string>()
  await walk(directory)
  return paths

  async function walk(folder: string): Promise<void> {
    let entries: Dirent[]
    try {
      // A symbolic link may lead back up; each real directory is read once.
      const real = await fs.realpath(folder)
      if (walked.has(real)) return
      walked.add(real)
      entries = await fs.readdir(folder, { withFileTypes: true })
    } catch (cause) {
      problems?.error({ file: folder }, `the directory cannot be read: ${reasonOf(cause)}`, cause)
      return
    }
    entries.sort((one, other) => (one.name < other.name ? -1 : 1))
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (await isDirectory(entry, path)) await walk(path)
      else if (configurationName.test(entry.name)) paths.push(path)
    }
  }
}

async function isDirectory(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  try {
    return (await fs.stat(path)).isDirectory()
  } catch {
    return false
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
