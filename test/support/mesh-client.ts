import type { CallResult, LoadReport } from './load.js'
import { eventually } from './patience.js'
import { TestProcess, type TestScope } from './test-process.js'

/** A call that the client is to make. A POST has a body of three bytes. */
export type CallParameters = {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls that are to be made by several callers at once. */
export type LoadParameters = CallParameters & {
  readonly callers: number
  /** Default: until it is ended. */
  readonly calls?: number
}

/** What a call came to. */
export interface Answer extends CallResult {
  readonly body: string
}

/** Calls that are made without pause. */
export interface RunningLoad {
  /** Waits until so many more calls are over. */
  more(calls: number): Promise<void>
  /** Makes no new calls; those under way go on. */
  end(): Promise<void>
  /** Makes no new calls, waits for those under way, and reports. */
  stop(): Promise<LoadReport>
}

/** A client of the mesh in a process of its own. */
export class MeshClient {
  readonly process: TestProcess

  private constructor(process: TestProcess) {
    this.process = process
  }

  /**
   * @param scope - The test.
   * @param env - Configures the mesh.
   */
  static async start(scope: TestScope, env: Readonly<Record<string, string>>): Promise<MeshClient> {
    const process = TestProcess.node(scope, new URL('./mesh-client-script.js', import.meta.url), { env })
    await process.event('started')
    return new MeshClient(process)
  }

  call(parameters: CallParameters): Promise<Answer> {
    return this.process.ask('call', parameters)
  }

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.call({ url, headers })
  }

  /** Calls until an answer passes: what was accepted takes effect soon, not at once. */
  async until(what: string, url: string, passes: (answer: Answer) => boolean): Promise<Answer> {
    return await eventually(what, () => this.get(url), passes)
  }

  /** Calls until a server answers. */
  async answeredBy(server: string, url: string): Promise<void> {
    await this.until(`${server} answers`, url, (answer) => answer.status === 200 && answer.server === server)
  }

  /** Makes so many calls. */
  async calls(parameters: LoadParameters & { readonly calls: number }): Promise<LoadReport> {
    const load = await this.process.ask<number>('startLoad', parameters)
    return await this.process.ask('finishLoad', { load })
  }

  /** Starts to call without pause. */
  async load(parameters: LoadParameters): Promise<RunningLoad> {
    const load = await this.process.ask<number>('startLoad', parameters)
    const end = () => this.process.ask<void>('endLoad', { load })
    return {
      more: (count) => this.process.ask('moreCalls', { load, count }),
      end,
      stop: async () => {
        await end()
        return await this.process.ask('finishLoad', { load })
      },
    }
  }
}
