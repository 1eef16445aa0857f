import type { Random } from '@inmesh/core'
import { AdsClient, type AdsClientOptions } from '../ads/ads-client.js'
import type { NodeIdentity, ServerConfig } from '../bootstrap/bootstrap.js'
import { FakeClock, settled } from './fake-clock.js'
import { FakeOpener, type FakeStream } from './fake-stream.js'

/** Every draw is in the middle, so that jitter changes nothing. */
export const middling: Random = {
  next: () => 0.5,
  below: (bound) => Math.floor(bound / 2),
  fill: (bytes) => bytes.fill(1),
}

/** A server for clients that do not really connect. */
export const someServer: ServerConfig = {
  uri: 'control-plane:1',
  target: 'dns:///control-plane:1',
  credentials: { type: 'insecure' },
  callCredentials: [],
  features: [],
}

/** A node for clients. */
export const someNode: NodeIdentity = { id: 'node-1', cluster: 'shop', locality: undefined, metadata: {} }

/** An ADS client whose server and time are in the hands of the test. */
export class AdsBench {
  readonly clock = new FakeClock()
  readonly opener = new FakeOpener()
  readonly log: string[] = []
  readonly client: AdsClient

  /**
   * @param options - What differs from a client with defaults.
   * @param features - `server_features` of the bootstrap.
   */
  constructor(options: Partial<AdsClientOptions> = {}, features: readonly string[] = []) {
    this.client = new AdsClient({
      server: { ...someServer, features },
      node: someNode,
      clock: this.clock,
      random: middling,
      opener: this.opener,
      logger: {
        debug: (message) => this.log.push(`debug ${message}`),
        info: (message) => this.log.push(`info ${message}`),
        warn: (message) => this.log.push(`warn ${message}`),
        error: (message) => this.log.push(`error ${message}`),
      },
      ...options,
    })
  }

  /** Lets the newest stream open and gives it. */
  async open(): Promise<FakeStream> {
    const stream = this.opener.last
    stream.listener.opened()
    await settled()
    return stream
  }

  /** Ends the newest stream as the server or the network would. */
  async end(reason = 'connection refused'): Promise<void> {
    this.opener.last.listener.ended({ status: 14, reason })
    await settled()
  }
}
