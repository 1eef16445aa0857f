import { once } from 'node:events'
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { TestContext } from 'node:test'
import { ClientFixture } from '../../client/testing/client-fixture.js'
import type { MeshAgentOptions, MeshClientRequestOptions } from '../agent-options.js'
import { MeshHttpAgent } from '../mesh-http-agent.js'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

/** The client side of a mesh for users of node:http. Whatever a test does, at its end no call of the mesh may be left. */
export class AgentFixture extends ClientFixture {
  readonly agent: MeshHttpAgent

  /**
   * @param context - The test.
   * @param options - Options of the agent.
   * @param dispatcher - Options of the dispatcher.
   */
  constructor(
    context: TestContext,
    options: MeshAgentOptions = {},
    dispatcher: ConstructorParameters<typeof ClientFixture>[2] = {},
  ) {
    super(context, undefined, dispatcher)
    this.agent = new MeshHttpAgent(this.dispatcher, this.plane.clock, options)
    context.after(() => this.agent.destroy())
  }

  /** A request to `reviews` that is not ended. */
  open(options: MeshClientRequestOptions = {}): ClientRequest {
    return request({ host: 'reviews', agent: this.agent, ...options })
  }

  /** A request whose response is read. */
  async send(options: MeshClientRequestOptions = {}, body?: string | Buffer): Promise<Answer> {
    const sent = this.open(options)
    sent.end(body)
    return answered(sent)
  }
}

/** The response to a request, read whole. */
export async function answered(sent: ClientRequest): Promise<Answer> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode!, text: Buffer.concat(chunks).toString(), request: sent, response }
}

/** Waits until an agent has a free connection. */
export async function freed(agent: Agent): Promise<void> {
  while (Object.keys(agent.freeSockets).length === 0) await new Promise(setImmediate)
}
