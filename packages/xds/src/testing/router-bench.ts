import type { DeletionPolicy } from '../ads/data-error-policy.js'
import { AuthorityRouter } from '../authority/authority-router.js'
import { parseBootstrap } from '../bootstrap/parse-bootstrap.js'
import { middling } from './ads-bench.js'
import { FakeClock, settled } from './fake-clock.js'
import { FakeOpener, type FakeStream } from './fake-stream.js'

/** A server of {@link RouterBench}, by its address. */
export function serverEntry(address: string, features: readonly string[] = []): object {
  return { server_uri: address, channel_creds: [{ type: 'insecure' }], server_features: features }
}

/** A router whose servers and time are in the hands of the test. */
export class RouterBench {
  readonly clock = new FakeClock()
  readonly log: string[] = []
  readonly router: AuthorityRouter
  /** Every connection ever made, by address; a server that was closed and taken again has several. */
  readonly openers = new Map<string, FakeOpener[]>()
  readonly #failed = new Set<FakeStream>()

  /**
   * @param bootstrap - The bootstrap document; a list stands for its servers.
   * @param deletion - What becomes of deleted resources where the servers' features do not say it.
   */
  constructor(bootstrap: object, deletion: DeletionPolicy = 'keep') {
    this.router = new AuthorityRouter({
      bootstrap: parseBootstrap({
        node: { id: 'node-1' },
        ...(Array.isArray(bootstrap) ? { xds_servers: bootstrap } : bootstrap),
      }),
      clock: this.clock,
      deletion,
      random: middling,
      logger: {
        debug: () => {},
        info: (message) => this.log.push(`info ${message}`),
        warn: (message) => this.log.push(`warn ${message}`),
        error: (message) => this.log.push(`error ${message}`),
      },
      openerTo: ({ uri }) => {
        const opener = new FakeOpener()
        this.openers.set(uri, [...(this.openers.get(uri) ?? []), opener])
        return opener
      },
    })
  }

  /** Addresses of the servers that are connected to or tried now. */
  get tried(): readonly string[] {
    return [...this.openers].flatMap(([uri, openers]) => (openers.at(-1)!.isClosed ? [] : [uri]))
  }

  /** The newest stream to a server. */
  stream(address: string): FakeStream {
    const opener = this.openers.get(address)?.at(-1)
    if (opener === undefined) throw new Error(`${address} was never tried`)
    return opener.last
  }

  /** Lets the newest stream to a server open. */
  async open(address: string): Promise<FakeStream> {
    const stream = this.stream(address)
    stream.listener.opened()
    await settled()
    return stream
  }

  /** Ends the newest stream to a server, or the attempt at one. */
  async fail(address: string): Promise<void> {
    const stream = this.stream(address)
    this.#failed.add(stream)
    stream.listener.ended({ status: 14, reason: 'connection refused' })
    await settled()
  }

  /** Lets a server that failed be tried again, and its stream open. */
  async reopen(address: string): Promise<FakeStream> {
    for (let step = 0; this.#failed.has(this.stream(address)); step++) {
      if (step > 100) throw new Error(`${address} is not tried again`)
      await this.clock.advance((this.clock.nextDelayMs ?? 0) + 1)
    }
    return this.open(address)
  }
}
