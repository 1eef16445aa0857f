import type { AdsClient } from '../ads/ads-client.js'
import type { NodeIdentity, ServerConfig } from '../bootstrap/bootstrap.js'
import { serverKey } from './server-key.js'

/** A client in use. */
export interface ClientLease {
  /** The client; shared with other users of the same server. */
  readonly client: AdsClient
  /** Gives it back. It is closed with its last user. */
  release(): void
}

interface Entry {
  readonly client: AdsClient
  users: number
}

/** One client per distinct server, however many authorities name it (gRFC A47). */
export class ClientPool {
  readonly #create: (server: ServerConfig) => AdsClient
  readonly #entries = new Map<string, Entry>()

  /**
   * @param create - Makes the client of a server.
   */
  constructor(create: (server: ServerConfig) => AdsClient) {
    this.#create = create
  }

  /** Takes the client of a server into use. */
  acquire(server: ServerConfig): ClientLease {
    const key = serverKey(server)
    const entry = this.#entries.get(key) ?? { client: this.#create(server), users: 0 }
    this.#entries.set(key, entry)
    entry.users++
    let released = false
    return {
      client: entry.client,
      release: () => {
        if (released) return
        released = true
        if (--entry.users > 0) return
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
        entry.client.close()
      },
    }
  }

  /** Presents another node to every server from now on. */
  useNode(node: NodeIdentity): void {
    for (const { client } of this.#entries.values()) client.useNode(node)
  }

  /** The clients in use. */
  *clients(): Iterable<AdsClient> {
    for (const { client } of this.#entries.values()) yield client
  }

  /** Closes every client. */
  close(): void {
    for (const { client } of this.#entries.values()) client.close()
    this.#entries.clear()
  }
}
