import cluster from 'node:cluster'
import type { Server } from 'node:net'
import { constants } from 'node:os'

/** The signals by which Kubernetes, Docker, systemd, PM2 and a terminal ask a process to end. */
export const SHUTDOWN_SIGNALS: readonly NodeJS.Signals[] = Object.freeze(['SIGTERM', 'SIGINT'])

/** Marks the listeners of every mesh in the process, of other copies of this package too: they are no handlers of the application. */
const OF_A_MESH = Symbol.for('inmesh.shutdown')

type SignalListener = ((signal: NodeJS.Signals) => void) & { [OF_A_MESH]?: true }

/**
 * Ends the process as it would have ended without a mesh, once the mesh is closed: by the signal itself, so that whoever waits for the process sees
 * what ended it. A second signal ends it at once. Where the application listens for a signal too, it decides about the end of the process.
 */
export class ShutdownSignals {
  readonly #signals: readonly NodeJS.Signals[]
  readonly #close: () => Promise<void>
  readonly #onSignal: SignalListener
  readonly #onMessage = (message: unknown): void => this.#hear(message)
  #ending = false
  #serving = 0
  #listening = false

  /**
   * Begins to listen.
   *
   * @param signals - The signals.
   * @param close - Closes the mesh.
   */
  constructor(signals: readonly NodeJS.Signals[], close: () => Promise<void>) {
    this.#signals = signals
    this.#close = close
    this.#onSignal = (signal) => this.#receive(signal)
    this.#onSignal[OF_A_MESH] = true
    // Before listeners of the application, which may be for one time only and gone when it is asked whether there are any.
    for (const signal of signals) process.prependListener(signal, this.#onSignal)
    // A worker has a channel to its primary in any case.
    if (cluster.isWorker) this.#listen()
  }

  /**
   * PM2 can be told to send a message in place of a signal. Listening for it keeps a process alive; a server that listens does so anyway.
   *
   * @param server - A server of the mesh.
   */
  follow(server: Server): void {
    server.on('listening', () => {
      this.#serving += 1
      this.#listen()
    })
    server.on('close', () => {
      this.#serving = Math.max(0, this.#serving - 1)
      if (this.#serving === 0 && !cluster.isWorker) this.#unlisten()
    })
  }

  /** Leaves the signals to Node again, unless one is being answered. Calling it again does nothing. */
  stop(): void {
    if (!this.#ending) this.#remove()
  }

  #remove(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal)
    this.#unlisten()
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#ending) {
      for (const listener of meshListeners(signal)) process.off(signal, listener)
      raise(signal)
      return
    }
    this.#ending = true
    const isApplications = process.listenerCount(signal) > meshListeners(signal).length
    void this.#closed().then(() => {
      this.#remove()
      // Another mesh in the process may not be closed yet: the last one ends it.
      if (!isApplications && meshListeners(signal).length === 0) raise(signal)
    })
  }

  #hear(message: unknown): void {
    if (message !== 'shutdown' || this.#ending) return
    this.#ending = true
    void this.#closed().then(() => {
      this.#remove()
      if (process.connected) process.disconnect()
    })
  }

  async #closed(): Promise<void> {
    try {
      await this.#close()
    } catch {
      // Whoever called close() in code hears of it; the process has to end all the same.
    }
  }

  #listen(): void {
    if (this.#listening || process.send === undefined) return
    this.#listening = true
    process.on('message', this.#onMessage)
  }

  #unlisten(): void {
    this.#listening = false
    process.off('message', this.#onMessage)
  }
}

function meshListeners(signal: NodeJS.Signals): NodeJS.SignalsListener[] {
  return process.listeners(signal).filter((listener) => (listener as SignalListener)[OF_A_MESH] === true)
}

function raise(signal: NodeJS.Signals): void {
  // The first process of a container is not ended by a signal that it does not handle (pid_namespaces(7)).
  if (process.pid === 1) process.exit(128 + constants.signals[signal])
  else process.kill(process.pid, signal)
}
