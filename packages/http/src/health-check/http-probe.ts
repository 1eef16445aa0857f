import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import {
  type CheckResult,
  compileStringMatch,
  type HealthProbe,
  type HttpCheck,
  type ProbeTarget,
  type StatusRange,
  type StringMatcher,
} from '@inmesh/core'
import { holdsInOrder } from './payload-match.js'

/** What Envoy's checks call themselves: servers leave them out of their logs by it. */
const USER_AGENT = 'Envoy/HC'

/** Asks an endpoint over HTTP/1.1. node:http, and not undici, as its sockets can be kept from holding the process. */
export class HttpProbe implements HealthProbe {
  readonly #target: ProbeTarget
  readonly #check: HttpCheck
  readonly #headers: Record<string, string>
  readonly #matchesService: StringMatcher | undefined
  readonly #agent: Agent
  #request: ClientRequest | undefined

  /**
   * @param target - Whom to ask.
   * @param check - What to ask.
   * @param reuseConnection - Whether the connection is kept from check to check.
   */
  constructor(target: ProbeTarget, check: HttpCheck, reuseConnection: boolean) {
    this.#target = target
    this.#check = check
    this.#headers = headersOf(target, check)
    this.#matchesService = check.serviceName && compileStringMatch(check.serviceName)
    this.#agent = new Agent({ keepAlive: reuseConnection, maxSockets: 1 })
  }

  check(done: (result: CheckResult) => void): void {
    const { host, port } = this.#target
    const { path, method, send } = this.#check
    const asked = request({
      agent: this.#agent,
      host: host.startsWith('[') ? host.slice(1, -1) : host,
      port,
      path,
      method,
      headers: this.#headers,
      setHost: false,
    })
    this.#request = asked
    const finish = (result: CheckResult): void => {
      if (this.#request !== asked) return
      this.#request = undefined
      done(result)
    }
    asked.on('socket', (socket) => socket.unref())
    asked.on('response', (response) => this.#read(response, finish))
    asked.on('error', () => finish('unreachable'))
    asked.end(send)
  }

  stop(): void {
    const asked = this.#request
    this.#request = undefined
    asked?.destroy()
    this.#agent.destroy()
  }

  #read(response: IncomingMessage, finish: (result: CheckResult) => void): void {
    const { receive, responseBufferSize } = this.#check
    const limit = responseBufferSize === 0 ? Number.POSITIVE_INFINITY : responseBufferSize
    let body = Buffer.alloc(0)
    response.on('data', (chunk: Buffer) => {
      if (receive.length > 0 && body.length < limit)
        body = Buffer.concat([body, chunk.subarray(0, limit - body.length)])
    })
    response.on('error', () => finish('unreachable'))
    response.on('end', () => finish(holdsInOrder(receive, body) ? this.#judge(response) : 'failed'))
  }

  #judge({ statusCode = 0, headers }: IncomingMessage): CheckResult {
    const { expected, retriable } = this.#check
    if (!holds(expected, statusCode)) {
      if (holds(retriable, statusCode)) return 'retriable'
      return headers['x-envoy-immediate-health-check-fail'] === undefined ? 'failed' : 'leaving'
    }
    const service = headers['x-envoy-upstream-healthchecked-cluster']
    if (this.#matchesService?.(String(service ?? '')) === false) return 'failed'
    return headers['x-envoy-degraded'] === undefined ? 'healthy' : 'degraded'
  }
}

function holds(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end)
}

function headersOf({ hostname, cluster }: ProbeTarget, { host, headers }: HttpCheck): Record<string, string> {
  const all: Record<string, string> = { host: hostname || host || cluster, 'user-agent': USER_AGENT }
  for (const [name, value] of headers) {
    if (value === '') delete all[name]
    else all[name] = name in all && name !== 'host' && name !== 'user-agent' ? `${all[name]},${value}` : value
  }
  return all
}
