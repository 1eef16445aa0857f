import type { PackageCopy } from '@inmesh/core'

/** How a mesh takes in the requests of a server that belongs to the application. */
export interface AdapterOptions {
  /** Port of the server: its inbound listener is asked for at once. Default: that of each request's connection, and then with the first. */
  readonly port?: number | undefined
  /** Called when a request has ended during a drain; its connection may have become idle. Default: nothing. */
  readonly left?: () => void
  /** Whose adapter it is. Default: of whoever has the same version as the mesh. */
  readonly copy?: PackageCopy
}
