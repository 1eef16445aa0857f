import type { AdsClient } from '../ads/ads-client.js'
import type { NodeIdentity, ServerConfig } from '../bootstrap/bootstrap.js'
import type { LoadReportClient } from '../load-report/load-report-client.js'
import type { ClientStatus } from '../status/client-status.js'
import { serverKey } from './server-key.js'

/** What speaks to one server, over one connection. */
export interface ServerClients {
  /** Learns its resources. */
  readonly ads: AdsClient
  /** Reports load to it. */
  readonly loads: LoadReportClient
}

/** The clients of a server in use, shared with its other users. */
export interface ClientLease extends ServerClients {
  /** Gives them back. They are closed with their last user. */
  release(): void
}

interface Entry {
  readonly server: ServerConfig
  readonly clients: ServerClients
  users: number
}

/** The clients of each distinct server, once, however many authorities name it (gRFC A47). */
export class ClientPool {
  readonly #create: (server: ServerConfig) => ServerClients
  readonly #entries = new Map<string, Entry>()

  /**
   * @param create - Makes the clients of a server.
   */
  constructor(create: (server: ServerConfig) => ServerClients) {
    this.#create = create
  }

  /** Takes the clients of a server into use. */
  acquire(server: ServerConfig): ClientLease {
    const key = serverKey(server)
    const entry = this.#entries.get(key) ?? { server, clients: this.#create(server), users: 0 }
    this.#entries.set(key, entry)
    entry.users++
    let released = false
    return {
      ...entry.clients,
      release: () => {
        if (released) return
        released = true
        if (--entry.users > 0) return
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
        closeClients(entry.clients)
      },
    }
  }

  /** Presents another node to every server from now on. */
  useNode(node: NodeIdentity): void {
    for (const { clients } of this.#entries.values()) {
      clients.ads.useNode(node)
      clients.loads.useNode(node)
    }
  }

  /** What was learned from each server. */
  status(node: NodeIdentity): ClientStatus[] {
    return [...this.#entries.values()].map(({ server, clients }) => ({
      server: server.uri,
      node,
      resources: [...clients.ads.records()],
    }))
  }

  /** Reports load for the last time, to every server that asks for reports. */
  async flush(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ clients }) => clients.loads.flush()))
  }

  /** Closes every client. */
  close(): void {
    for (const { clients } of this.#entries.values()) closeClients(clients)
    this.#entries.clear()
  }
}

function closeClients({ ads, loads }: ServerClients): void {
  loads.close()
  ads.close()
}
