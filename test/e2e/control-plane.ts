import { type JsonLine, TestProcess, type TestScope } from '../support/test-process.js'

const command = new URL('dist/bin.js', import.meta.resolve('@inmesh/cli/package.json'))

/** `inmesh dev` in a process of its own. */
export class ControlPlane {
  readonly process: TestProcess
  readonly port: number

  private constructor(process: TestProcess, port: number) {
    this.process = process
    this.port = port
  }

  /**
   * @param scope - The test.
   * @param directory - What it serves.
   * @param port - Port to listen on. Default: any free one.
   */
  static async start(scope: TestScope, directory: string, port = 0): Promise<ControlPlane> {
    const args = ['dev', directory, '--port', String(port), '--json']
    const process = TestProcess.node(scope, command, { args })
    const listening = await process.event('listening')
    return new ControlPlane(process, Number(listening.port))
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** The next refusal of a file. */
  refusal(from: number): Promise<JsonLine> {
    return this.process.event('refused', from)
  }
}
