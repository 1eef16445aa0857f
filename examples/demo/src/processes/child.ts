import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../until.js'

const STOP_TIMEOUT_MS = 5000
const KEPT_STDERR_CHARACTERS = 2000

/** How a child is started. */
export interface ChildOptions {
  readonly name: string
  /** Script for Node. */
  readonly script: URL
  readonly arguments: readonly string[]
  /** Told when it ends although nobody ended it. */
  readonly onCrash: (error: Error) => void
}

/** Something that happened in a child; what else it holds depends on the event. */
export interface ChildEvent {
  readonly event: string
  readonly [field: string]: unknown
}

/** A Node process that says where it listens, and whatever else happens to it, as one JSON object per line of its standard output. */
export class Child {
  readonly name: string
  /** What it has said so far. */
  readonly events: ChildEvent[] = []
  readonly #process: ChildProcess
  readonly #exited: Promise<void>
  #stderr = ''
  #endedByUs = false

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#process = spawn(process.execPath, [fileURLToPath(options.script), ...options.arguments], {
      env: outsideEnvironment(),
      // Its standard input ends when this process does, however it ends: a service of the demo then ends too.
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', () => resolve())
      this.#process.once('error', (error) => {
        options.onCrash(error)
        resolve()
      })
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#heard(line))
    this.#process.stderr!.on('data', (data) => {
      this.#stderr = (this.#stderr + data).slice(-KEPT_STDERR_CHARACTERS)
    })
    this.#process.on('close', (code, signal) => {
      if (this.#endedByUs) return
      options.onCrash(
        new Error(`${this.name} ended by itself (${signal ?? `exit code ${code}`})\n${this.#stderr}`.trim()),
      )
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** @returns `address:port` where it listens, once it says so. */
  async listening(signal: AbortSignal): Promise<string> {
    const saysSo = (): ChildEvent | undefined => this.events.find(({ event }) => event === 'listening')
    const { address, port } = await until(`${this.name} listens`, saysSo, signal)
    return `${address}:${port}`
  }

  /** Holds it still, so that what it works on does not change. Windows cannot do that; there it goes on. */
  freeze(): void {
    if (process.platform !== 'win32') this.#process.kill('SIGSTOP')
  }

  /** Lets it go on after {@link freeze}. */
  thaw(): void {
    if (process.platform !== 'win32') this.#process.kill('SIGCONT')
  }

  /** Ends it without a word, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    this.#endedByUs = true
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  /** Asks it to end and waits for it; ends it when it does not. */
  async stop(): Promise<void> {
    this.#endedByUs = true
    this.#process.kill('SIGTERM')
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.#exited
    clearTimeout(late)
  }

  #heard(line: string): void {
    try {
      this.events.push(JSON.parse(line))
    } catch {
      this.#stderr += `${line}\n`
    }
  }
}

/** Settings of a mesh that the user's shell may hold are not for the demo. */
function outsideEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(INMESH_|GRPC_XDS_)/.test(name))
  return Object.fromEntries(entries)
}
