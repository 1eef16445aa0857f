import type { AddressInfo } from 'node:net'
import type { ConfigSource, InboundSource, LoadReporting, Locality, MeshError } from '@inmesh/core'
import type { ClientStatus, LiveUnsupported } from '@inmesh/xds'

/** Where a mesh's configuration comes from, as long as the mesh lives. */
export interface Configuration {
  /** What the data plane watches. */
  readonly source: ConfigSource
  /** What servers watch; undefined where nothing applies to their requests. */
  readonly inbound: InboundSource | undefined
  /** Where load is counted that is reported to whoever the configuration comes from; undefined where nobody can ask. */
  readonly loadReporting: LoadReporting | undefined
  /** Where this workload is; undefined where nobody said. */
  readonly locality: Locality | undefined
  /** Resolves once calls can be decided: the control plane answered, or the directory was read. Asks for that where needed. */
  whenReady(): Promise<void>
  /** Whether calls can be decided, without asking for anything. */
  readonly isReady: boolean
  /** What {@link Configuration.whenReady} still waits for, a sentence without the final stop, and the last error that stands in the way. */
  missing(): { readonly what: string; readonly cause: MeshError | undefined }
  /** What was understood and is not carried out, of all resources in use. */
  unsupported(): readonly LiveUnsupported[]
  /**
   * Tells that a server takes requests.
   *
   * @param address - The address that it is bound to.
   * @returns a function that takes it back. Calling it twice does nothing.
   */
  register(address: AddressInfo): () => void
  /** What was learned from each control plane, and what became of it. */
  clientStatus(): readonly ClientStatus[]
  /** Tells for the last time what is to be told of calls that have ended. Resolves soon, whoever listens. */
  flush(): Promise<void>
  /** Lets go of everything; nothing is delivered afterwards. */
  close(): void
}
