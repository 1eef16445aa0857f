import { connect, type Socket } from 'node:net'
import type { CheckResult, HealthProbe, ProbeTarget, TcpCheck } from '@inmesh/core'
import { holdsInOrder } from './payload-match.js'

/** Connects to an endpoint, and talks where there is something to say. Every check makes a connection of its own. */
export class TcpProbe implements HealthProbe {
  readonly #target: ProbeTarget
  readonly #check: TcpCheck
  #socket: Socket | undefined

  /**
   * @param target - Whom to ask.
   * @param check - What to send and to expect.
   */
  constructor(target: ProbeTarget, check: TcpCheck) {
    this.#target = target
    this.#check = check
  }

  check(done: (result: CheckResult) => void): void {
    const { host, port } = this.#target
    const { send, receive } = this.#check
    const socket = connect({ host: host.startsWith('[') ? host.slice(1, -1) : host, port })
    this.#socket = socket
    socket.unref()
    const finish = (result: CheckResult): void => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      socket.destroy()
      done(result)
    }
    let received = Buffer.alloc(0)
    socket.on('connect', () => {
      if (send !== undefined) socket.write(send)
      if (receive.length === 0) finish('healthy')
    })
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (holdsInOrder(receive, received)) finish('healthy')
    })
    socket.on('error', () => finish('unreachable'))
    socket.on('close', () => finish('unreachable'))
  }

  stop(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }
}
