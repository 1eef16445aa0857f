import { type Duplex, PassThrough, Readable } from 'node:stream'
import type { Mesh } from 'inmesh'
import * as undici7 from 'undici'
import * as undici6 from 'undici-6'
import type { Answer, Carrier, HeaderFields, Question } from '../carrier.js'

type Early = { status: number; headers: HeaderFields }[]
type RequestOptions = Parameters<typeof undici7.request>[1]
type Information = { statusCode: number; headers: HeaderFields }

/** As a user of undici writes it. */
function optionsOf(mesh: Mesh, question: Question, early: Early) {
  const { method = 'GET', headers = {}, body, signal, timeoutMs, follow } = question
  const dispatcher = mesh.dispatcher()
  return {
    dispatcher:
      follow === true ? dispatcher.compose(undici7.interceptors.redirect({ maxRedirections: 5 })) : dispatcher,
    method: method as undici7.Dispatcher.HttpMethod,
    headers,
    body: body ?? null,
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
    onInfo: ({ statusCode, headers: told }: Information) => early.push({ status: statusCode, headers: told }),
  }
}

function requestCarrier(name: string, undici: typeof undici7): Carrier {
  return {
    name,
    kind: 'request',
    async open(mesh, url, question = {}) {
      const early: Early = []
      const response = await undici.request(url, optionsOf(mesh, question, early) as RequestOptions)
      const { statusCode: status, headers, body } = response
      return { status, headers, body, trailers: () => response.trailers, early, handle: response }
    },
    async upgrade(mesh, url, upgrade) {
      const options = { dispatcher: mesh.dispatcher(), upgrade } as RequestOptions
      const response = await undici.request(url, options)
      return { status: response.statusCode, headers: response.headers, body: response.body, handle: response }
    },
  }
}

const streamCarrier: Carrier = {
  name: 'undici stream',
  kind: 'request',
  async open(mesh, url, question = {}) {
    const early: Early = []
    return await new Promise<Answer>((resolve, reject) => {
      const body = new PassThrough()
      let answer: Answer | undefined
      const ended = undici7.stream(url, optionsOf(mesh, question, early), (response) => {
        const { statusCode: status, headers } = response
        answer = {
          status,
          headers: headers as unknown as HeaderFields,
          body,
          trailers: async () => (await ended).trailers as HeaderFields,
          early,
          handle: response,
        }
        resolve(answer)
        return body
      })
      ended.catch((error: Error) => (answer === undefined ? reject(error) : body.destroy(error)))
    })
  },
}

const pipelineCarrier: Carrier = {
  name: 'undici pipeline',
  kind: 'request',
  async open(mesh, url, question = {}) {
    const early: Early = []
    const { body, ...options } = optionsOf(mesh, question, early)
    return await new Promise<Answer>((resolve, reject) => {
      const piped = undici7.pipeline(url, options, (response) => {
        const { statusCode: status, headers } = response
        resolve({ status, headers: headers as unknown as HeaderFields, body: piped, early, handle: response })
        return response.body
      })
      piped.on('error', reject)
      if (body instanceof Readable) body.pipe(piped)
      else piped.end(body ?? undefined)
    })
  },
}

/** The connection of an upgrade. */
export function socketAnswer(status: number, headers: HeaderFields, socket: Duplex, handle: object): Answer {
  return {
    status,
    headers,
    body: socket,
    handle,
    sink: socket,
    close: () => void socket.destroy(),
  }
}

const upgradeCarrier: Carrier = {
  name: 'undici upgrade',
  kind: 'upgrade',
  async open(mesh, url, { headers, signal, timeoutMs, method = 'GET' } = {}) {
    const response = await undici7.upgrade(url, {
      dispatcher: mesh.dispatcher(),
      protocol: 'echo',
      method: method as 'GET',
      ...(headers && { headers }),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
    })
    return socketAnswer(101, response.headers, response.socket, response.socket)
  },
}

const connectCarrier: Carrier = {
  name: 'undici connect',
  kind: 'upgrade',
  async open(mesh, url, { headers, signal, timeoutMs } = {}) {
    const response = await undici7.connect(url, {
      dispatcher: mesh.dispatcher(),
      ...(headers && { headers }),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { mesh: { timeoutMs } }),
    })
    return socketAnswer(response.statusCode, response.headers, response.socket, response.socket)
  },
}

export const undiciCarriers: readonly Carrier[] = [
  requestCarrier('undici request', undici7),
  streamCarrier,
  pipelineCarrier,
  requestCarrier('undici 6 request', undici6 as unknown as typeof undici7),
  upgradeCarrier,
  connectCarrier,
]
