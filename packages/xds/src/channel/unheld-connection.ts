import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { ChannelCredentials } from '@grpc/grpc-js'

/** Published by node:net for every client socket, before it connects. */
const clientSockets = channel('net.client.socket')

/**
 * Keeps the connection of one grpc-js channel from holding up the end of an idle process. grpc-js refs the HTTP/2 session, and with it the
 * socket, while a call is active, and a stream to a control plane always is. A socket that still connects cannot be unref'd, and grpc-js
 * leaves it to the system's time limit of two minutes; so those are known here and can be closed. This and
 * `address-server-name.ts` are the only files that touch what grpc-js marks as its own with an underscore.
 */
export class UnheldConnection {
  /** Tells the sockets that this channel opens from all others of the process. */
  readonly #own = new AsyncLocalStorage<true>()
  readonly #connecting = new Set<Socket>()
  #isWatching = false
  #isAbandoned = false

  /** Changes `credentials` so that the sockets they secure do not hold the process. */
  protect(credentials: ChannelCredentials): ChannelCredentials {
    const createConnector = credentials._createSecureConnector.bind(credentials)
    credentials._createSecureConnector = (target, options, callCredentials) => {
      const connector = createConnector(target, options, callCredentials)
      const waitForReady = connector.waitForReady.bind(connector)
      connector.waitForReady = async () => {
        if (this.#isAbandoned) throw new Error('the connection was given up')
        await waitForReady()
      }
      const connect = connector.connect.bind(connector)
      connector.connect = async (socket) => {
        const result = await connect(socket)
        release(result.socket)
        return result
      }
      return connector
    }
    return credentials
  }

  /** Runs `start`, which makes grpc-js connect, and takes note of the sockets that it opens, also later. */
  connect(start: () => void): void {
    this.#isWatching = true
    clientSockets.subscribe(this.#onClientSocket)
    this.#own.run(true, start)
  }

  /** No more sockets will be opened: the watch on them ends, since it costs every asynchronous step of the process a little. */
  settled(): void {
    if (!this.#isWatching) return
    this.#isWatching = false
    clientSockets.unsubscribe(this.#onClientSocket)
    this.#own.disable()
  }

  /**
   * Closes the sockets that still connect, and lets no new ones be made: a channel that failed to connect and is closed tries once more
   * when its back-off is over, since nothing stops that timer in grpc-js.
   */
  abandon(): void {
    this.#isAbandoned = true
    this.settled()
    for (const socket of this.#connecting) socket.destroy()
  }

  readonly #onClientSocket = (message: unknown): void => {
    if (this.#own.getStore() === undefined) return
    const { socket } = message as { socket: Socket }
    this.#connecting.add(socket)
    const forget = (): void => {
      this.#connecting.delete(socket)
    }
    socket.once('connect', forget)
    socket.once('close', forget)
    // From its connect on, while a proxy or TLS is still at work. The message comes before there is anything to unref.
    queueMicrotask(() => socket.unref())
  }
}

/** Unrefs a socket for good: the HTTP/2 session refs it again with every first call. */
function release(socket: Socket): void {
  socket.unref()
  socket.ref = () => socket
}
