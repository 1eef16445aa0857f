import { type JsonLine, TestProcess, type TestScope } from '../../support/test-process.js'

/** What is started of a script, by its URL, for the tests of this file. */
const processes = new Map<string, TestProcess>()

/** So long a process may take to start, in milliseconds, however short a test's patience is. */
const startLimitMs = 60_000

/** Numbers parts; no two processes have the same. */
const numbers = { last: 0 }

/**
 * One of many alike in a process (see parts.ts): a mesh, a server. A process takes longer to start than most tests to run, so that the tests
 * of a file share one for each script. What is said of a part bears its number.
 */
export class Part {
  readonly #process: TestProcess
  readonly #number: number

  private constructor(process: TestProcess, number: number) {
    this.#process = process
    this.#number = number
  }

  /**
   * Starts a part, which ends with the test.
   *
   * @param scope - Of the test or suite.
   * @param script - What serves the parts.
   * @param parameters - What the part is made with.
   */
  static async start(scope: TestScope, script: URL, parameters: JsonLine): Promise<Part> {
    let process = processes.get(script.href)
    if (process === undefined) {
      process = TestProcess.shared(script)
      processes.set(script.href, process)
    }
    await process.line('its start', ({ event }) => event === 'serving', 0, startLimitMs)
    const part = new Part(process, ++numbers.last)
    scope.after(async () => {
      // Nobody has to wait for it, and it may be gone already, with its process.
      part.ask('end').catch(() => {})
    })
    await process.ask('start', { parameters, part: part.#number }, startLimitMs)
    return part
  }

  /** As much as was said; what comes later has an index from here on. */
  get mark(): number {
    return this.#process.lines.length
  }

  /** Its lines so far. */
  lines(from = 0): JsonLine[] {
    return this.#process.lines.slice(from).filter(({ part }) => part === this.#number)
  }

  /** The first of its lines, past or to come, that passes. */
  line(what: string, passes: (line: JsonLine) => boolean, from = 0): Promise<JsonLine> {
    return this.#process.line(what, (line) => line.part === this.#number && passes(line), from)
  }

  /** The first line, past or to come, that announces an event. */
  event(name: string): Promise<JsonLine> {
    return this.line(`event ${name}`, (line) => line.event === name)
  }

  /** Gives it a command and waits for the answer. */
  ask<T>(command: string, parameters: JsonLine = {}): Promise<T> {
    return this.#process.ask(command, { ...parameters, part: this.#number })
  }
}
