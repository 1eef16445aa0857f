import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))
const fixtures = fileURLToPath(new URL('../../consumers/fixtures/', import.meta.url))

/** What an application of a user needs of ours. */
const OURS = ['core', 'telemetry', 'xds-proto', 'xds', 'istio', 'http', 'inmesh', 'express', 'fastify'] as const

/** What npm says where there is no registry to install from. */
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH/

const SERVICE = (port: number): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: hello
spec:
  hosts:
    - hello
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - number: 80
      name: http
      protocol: HTTP
      targetPort: ${port}
  endpoints:
    - address: 127.0.0.1
`

/** A folder outside the workspace in which the packages are installed as npm would hand them to a user. */
export class Consumer implements AsyncDisposable {
  readonly folder: string
  readonly #upstream: Server

  private constructor(folder: string, upstream: Server) {
    this.folder = folder
    this.#upstream = upstream
  }

  /**
   * Packs our packages, installs them beside others, and copies applications there.
   *
   * @param dependencies - What the applications need beside ours, with versions.
   * @param applications - Folders of `fixtures`.
   * @returns why it cannot be done here, where npm reaches no registry.
   */
  static async install(
    dependencies: Readonly<Record<string, string>>,
    applications: readonly string[],
  ): Promise<Consumer | string> {
    const folder = mkdtempSync(join(tmpdir(), 'inmesh-consumer-'))
    const all: Record<string, string> = { ...dependencies }
    for (const name of OURS) {
      const parameters = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
      const report = npmSync(parameters, join(packages, name))
      const { name: packed, filename } = firstOf(JSON.parse(report) as Packed[] | Record<string, Packed>)
      all[packed] = `file:./${filename}`
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: all }))
    try {
      await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder)
    } catch (error) {
      rmSync(folder, { recursive: true })
      if (UNREACHABLE.test(String((error as { stderr?: string }).stderr))) return 'npm reaches no registry'
      throw error
    }
    for (const application of applications) {
      cpSync(join(fixtures, application), join(folder, application), { recursive: true })
    }
    const upstream = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    await new Promise((resolve) => upstream.once('listening', resolve))
    mkdirSync(join(folder, 'mesh'))
    writeFileSync(join(folder, 'mesh', 'hello.yaml'), SERVICE((upstream.address() as AddressInfo).port))
    return new Consumer(folder, upstream)
  }

  /**
   * Runs a script with the Node that runs the tests.
   *
   * @param script - A file or a package's command below `node_modules`, from the folder.
   * @param parameters - For the script.
   * @param from - Where to run it, from the folder. Default: there.
   * @returns what it wrote to standard output.
   * @throws Error with all that it wrote, when it ends with a failure.
   */
  async node(script: string, parameters: readonly string[] = [], from = '.'): Promise<string> {
    try {
      const { stdout } = await run(process.execPath, [join(this.folder, script), ...parameters], {
        cwd: join(this.folder, from),
        env: {
          ...process.env,
          INMESH_CONFIG: join(this.folder, 'mesh'),
          NODE_OPTIONS: '',
          NEXT_TELEMETRY_DISABLED: '1',
        },
        timeout: 300_000,
      })
      return stdout
    } catch (error) {
      const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
      throw new Error(`${script} ${parameters.join(' ')}: ${message}\n${stdout}\n${stderr}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#upstream.close(resolve))
    rmSync(this.folder, { recursive: true })
  }
}

interface Packed {
  readonly name: string
  readonly filename: string
}

/** npm before 12 gives an array, later ones an object by name. */
function firstOf(report: Packed[] | Record<string, Packed>): Packed {
  return Object.values(report)[0]!
}

/** npm is a script on Windows, which only a shell can start. */
const shell = process.platform === 'win32'

/** What a user's shell holds: `npm run` hands its own settings on, `engine-strict` of this workspace among them. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

function npmSync(parameters: readonly string[], cwd: string): string {
  return execFileSync('npm', parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], shell, env })
}

function npm(parameters: readonly string[], cwd: string): Promise<unknown> {
  return run('npm', parameters, { cwd, shell, env })
}
