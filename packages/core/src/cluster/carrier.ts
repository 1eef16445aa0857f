import type { View } from '../model/view.js'
import type { Endpoint } from './endpoint.js'

/**
 * The side of a carrier that the core talks to. A carrier moves bytes for one view: it owns connections, the core decides.
 */
export interface Carrier {
  /** The view it carries. */
  readonly view: View
  /**
   * `on-demand`: every healthy endpoint can be picked and the carrier connects when it is (HTTP, as Envoy does). `ahead`: only ready
   * endpoints are picked, the core asks for connections and picks wait for them (gRPC).
   */
  readonly connects: 'on-demand' | 'ahead'
  /**
   * Asks for a connection. Only called where `connects` is `ahead`; the carrier answers through `ClusterView.connectivityChanged`. After a
   * failure it tries again by itself, with a back-off, until it is told to let go; after a connection has ended it reports `idle` and waits to
   * be asked.
   *
   * @param endpoint - Where to connect.
   */
  connect(endpoint: Endpoint): void
  /**
   * The endpoint's connections are not to be used any more: let requests in flight end, then close them. It stays listed, and new connections
   * may be asked for at any time.
   *
   * @param endpoint - The endpoint.
   */
  release(endpoint: Endpoint): void
  /**
   * The endpoint takes no new request: let those in flight end, then close its connections.
   *
   * @param endpoint - The endpoint, its `removed` is true.
   */
  removed(endpoint: Endpoint): void
}
