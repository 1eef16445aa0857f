import type { Server } from 'node:http'
import { captureServers, Exemptions, type ServerCapture } from '@inmesh/http'
import type { Outbound } from '../outbound/outbound.js'
import type { InstallOptions, InstallServerOptions } from './install-options.js'

/** What a {@link ProcessCapture} is made of. */
export interface ProcessCaptureParts {
  /** The way out. */
  readonly outbound: Outbound
  /** The way in, for servers that are not of the mesh; undefined where nothing happens to their requests. */
  readonly servers: Omit<ServerCapture, 'captured' | 'ports' | 'exemptions'> | undefined
  /** Told of each server that is captured. */
  readonly captured: (server: Server) => void
}

/** What of the process goes through the mesh although it does not name it. */
export class ProcessCapture {
  readonly #parts: ProcessCaptureParts
  #releaseServers: (() => void) | undefined

  /**
   * @param parts - Parts of the mesh.
   */
  constructor(parts: ProcessCaptureParts) {
    this.#parts = parts
  }

  /**
   * @param options - What is captured beside `fetch` and undici.
   * @returns what undoes it.
   */
  install({ nodeHttp = false, servers = false }: InstallOptions): () => void {
    const releaseClients = this.#parts.outbound.installGlobal(nodeHttp)
    if (servers !== false) this.#captureServers(servers === true ? {} : servers)
    return () => {
      releaseClients()
      this.release()
    }
  }

  /** Leaves servers to themselves again. Clients are the way out's affair. */
  release(): void {
    this.#releaseServers?.()
    this.#releaseServers = undefined
  }

  #captureServers({ ports, exempt }: InstallServerOptions): void {
    const { servers, captured } = this.#parts
    if (servers === undefined) return
    this.#releaseServers ??= captureServers({
      ...servers,
      captured,
      ports: ports && new Set(ports),
      exemptions: exempt && exemptionsOf(exempt),
    })
  }
}

function exemptionsOf(paths: readonly string[]): Exemptions {
  const exemptions = new Exemptions()
  for (const path of paths) exemptions.add(path)
  return exemptions
}
