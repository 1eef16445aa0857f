import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestScope } from '../support/test-process.js'

/** A directory of mesh configuration that lives as long as the test. */
export class ConfigurationDirectory {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /**
   * @param scope - The test.
   * @param files - Contents by file name.
   */
  static async create(scope: TestScope, files: Readonly<Record<string, string>>): Promise<ConfigurationDirectory> {
    const directory = new ConfigurationDirectory(await mkdtemp(join(tmpdir(), 'inmesh-e2e-')))
    scope.after(() => rm(directory.path, { recursive: true }))
    for (const [name, text] of Object.entries(files)) await directory.write(name, text)
    return directory
  }

  /** The same in this workspace, for scripts: their imports are found there. */
  static async inside(scope: TestScope, files: Readonly<Record<string, string>>): Promise<ConfigurationDirectory> {
    const directory = new ConfigurationDirectory(await mkdtemp(fileURLToPath(new URL('../e2e-', import.meta.url))))
    scope.after(() => rm(directory.path, { recursive: true }))
    for (const [name, text] of Object.entries(files)) await directory.write(name, text)
    return directory
  }

  /** Writes a file, as an editor would. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text)
  }
}
