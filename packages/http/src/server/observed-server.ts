import type { AddressInfo } from 'node:net'
import type { InboundGate } from './inbound-gate.js'

/** How a server is drained. */
export interface DrainOptions {
  /** Milliseconds until connections that are still open are cut, the delay included. Default 25,000. */
  readonly timeoutMs?: number
  /**
   * Milliseconds for which connections and requests are still taken while every response asks its caller to go elsewhere. Closing at once
   * breaks connections that the system has accepted and requests that are on their way to idle ones. Default: that of the server.
   */
  readonly delayMs?: number
}

/** A server as those see it who look after its life. */
export interface ObservedServer {
  /** Whether the application wants requests. */
  readonly ready: boolean
  /** Address and port that it is bound to; undefined when it does not listen or listens on a pipe. */
  readonly boundAddress: AddressInfo | undefined
  /**
   * Ends the connections that belong to a listener which is no longer in use (gRFC A36).
   *
   * @param graceMs - Milliseconds until those that are still open are cut.
   */
  retireConnections(graceMs: number): void
  /**
   * Closes it gracefully and waits for it. Never rejects.
   *
   * @param options - The limits.
   */
  drain(options?: DrainOptions): Promise<void>
}

/** Told about the life of a server. */
export interface ServerObserver {
  /**
   * It accepts connections.
   *
   * @returns what its listener is applied by; undefined where none is.
   */
  listening(server: ObservedServer): InboundGate | undefined
  /** It accepts connections, and its application does not want requests yet. Default: it is not heard of before they are wanted. */
  unready?(server: ObservedServer): void
  /** It is about to stop accepting connections; called once. */
  closing(server: ObservedServer): void
  /** Its last connection has ended. */
  closed(server: ObservedServer): void
}
