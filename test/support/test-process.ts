import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { patienceMs } from './patience.js'

/** One line of a process's standard output that is a JSON object. */
export type JsonLine = Readonly<Record<string, unknown>>

/** What releases what a test holds, when it is over: a TestContext, or a suite's scope (see suite-scope.ts). */
export interface TestScope {
  after(release: () => Promise<void>): void
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface StartOptions {
  readonly args?: readonly string[]
  /** Added to the environment of the test, less what configures a mesh there. A value of undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

interface Wait {
  readonly passes: (line: JsonLine) => boolean
  readonly found: (line: JsonLine) => void
  readonly failed: (error: Error) => void
}

const outputLimit = 16_000

const running = new Set<TestProcess>()
// A test runner that exits early runs no hooks.
process.once('exit', () => {
  for (const process of running) process.signal('SIGKILL')
})

/**
 * A process that a test started and that speaks JSON lines. It is ended with the test, by its pid, however the test ends; and since its
 * standard input ends with the test runner, a process that minds that outlives nobody.
 */
export class TestProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** Every JSON line so far. */
  readonly lines: JsonLine[] = []
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #title: string
  readonly #waits = new Set<Wait>()
  #output = ''
  #lastCommand = 0
  #exit: Exit | undefined

  private constructor(
    title: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#title = title
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...inheritedEnvironment(), ...env } })
    this.#child.on('error', (error) => this.#keep(`${error.message}\n`))
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`${title} could not be started: ${command}`)
    this.pid = pid
    running.add(this)
    // A process that ended may leave a command unread.
    this.#child.stdin.on('error', () => {})
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#read(line))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#ended({ code, signal })
        resolve({ code, signal })
      })
    })
  }

  /** Starts a Node script. */
  static node(scope: TestScope, script: URL, options: StartOptions = {}): TestProcess {
    const file = fileURLToPath(script)
    return TestProcess.#start(scope, basename(file), process.execPath, [file, ...(options.args ?? [])], options)
  }

  /** Starts a Node script for all tests of a file, one after the other. It keeps the file's process from nothing, and ends with it. */
  static shared(script: URL): TestProcess {
    const file = fileURLToPath(script)
    const started = new TestProcess(basename(file), process.execPath, [file], {})
    const { stdin, stdout, stderr } = started.#child as unknown as Record<string, Socket>
    for (const each of [started.#child, stdin, stdout, stderr]) each?.unref()
    return started
  }

  /** Starts a program. */
  static program(scope: TestScope, file: string, options: StartOptions = {}): TestProcess {
    return TestProcess.#start(scope, basename(file), file, options.args ?? [], options)
  }

  static #start(scope: TestScope, title: string, command: string, args: readonly string[], options: StartOptions) {
    const started = new TestProcess(title, command, args, options.env ?? {})
    scope.after(() => started.kill())
    return started
  }

  /** What it wrote, the end of it: standard error and lines that are not JSON. */
  get output(): string {
    return this.#output
  }

  /**
   * The first line that passes.
   *
   * @param what - What is waited for, for the error.
   * @param passes - Says whether a line is the one.
   * @param from - Lines before this index are passed over. Default 0: lines of the past count.
   * @param limitMs - How long it may take. Default: as long as anything.
   * @throws Error when the process ends first, or nothing comes.
   */
  async line(
    what: string,
    passes: (line: JsonLine) => boolean,
    from = 0,
    limitMs: number = patienceMs,
  ): Promise<JsonLine> {
    const known = this.lines.slice(from).find(passes)
    if (known !== undefined) return known
    const failure = (problem: string) => new Error(`${this.#title}: ${problem} waiting for ${what}\n${this.#story()}`)
    if (this.#exit !== undefined) throw failure(`ended (${describeExit(this.#exit)})`)
    return await new Promise<JsonLine>((resolve, reject) => {
      const timer = setTimeout(() => wait.failed(failure(`no line in ${limitMs} ms`)), limitMs)
      const settle = () => {
        clearTimeout(timer)
        this.#waits.delete(wait)
      }
      const wait: Wait = {
        passes,
        found: (line) => {
          settle()
          resolve(line)
        },
        failed: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waits.add(wait)
    })
  }

  /** The first line, past or future, that announces an event. */
  event(name: string, from = 0): Promise<JsonLine> {
    return this.line(`event ${name}`, (line) => line.event === name, from)
  }

  /**
   * Gives a command to a script that serves them (see commands.ts) and waits for the answer.
   *
   * @param command - Its name.
   * @param parameters - What it gets.
   * @param limitMs - As of {@link TestProcess.line}.
   * @throws Error with what the script threw.
   */
  async ask<T>(command: string, parameters: JsonLine = {}, limitMs: number = patienceMs): Promise<T> {
    this.#lastCommand += 1
    const id = this.#lastCommand
    const from = this.lines.length
    this.#child.stdin.write(`${JSON.stringify({ ...parameters, id, command })}\n`)
    const answer = await this.line(`the answer to ${command}`, (line) => line.id === id, from, limitMs)
    if (answer.error !== undefined) throw new Error(`${this.#title}: ${command}: ${answer.error}`)
    return answer.result as T
  }

  /** Ends its standard input: there will be no more commands. */
  endInput(): void {
    this.#child.stdin.end()
  }

  /** Sends a signal, if it still runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal)
  }

  /** Ends it with SIGKILL and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  #read(text: string): void {
    const line = parseObject(text)
    if (line === undefined) {
      this.#keep(`${text}\n`)
      return
    }
    this.lines.push(line)
    for (const wait of [...this.#waits]) if (wait.passes(line)) wait.found(line)
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-outputLimit)
  }

  #ended(exit: Exit): void {
    this.#exit = exit
    running.delete(this)
    for (const wait of [...this.#waits]) {
      wait.failed(
        new Error(`${this.#title}: ended (${describeExit(exit)}) while a line was waited for\n${this.#story()}`),
      )
    }
  }

  #story(): string {
    const lines = this.lines.slice(-20).map((line) => JSON.stringify(line))
    return [...lines, this.#output].join('\n')
  }
}

function describeExit({ code, signal }: Exit): string {
  return signal ?? `code ${code}`
}

function parseObject(text: string): JsonLine | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as JsonLine
  } catch {
    return undefined
  }
}

/** The environment of the test without what would configure a mesh or a test runner there. */
function inheritedEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(INMESH_|GRPC_|NODE_TEST_CONTEXT$)/.test(name))
  return Object.fromEntries(kept)
}
