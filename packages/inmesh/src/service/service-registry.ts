import { MeshError } from '@inmesh/core'
import { MeshService } from './mesh-service.js'
import { NameTable } from './name-table.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { ServiceOptions } from './service-options.js'
import { ServiceOrigin } from './service-origin.js'

/** The services of a mesh that the application named. */
export class ServiceRegistry {
  readonly #services: NameTable<MeshService>
  #closed = false

  /**
   * @param environment - The mesh.
   */
  constructor(environment: ServiceEnvironment) {
    this.#services = new NameTable(
      (name) => `service ${name}`,
      undefined,
      (name, settings) => new MeshService(ServiceOrigin.parse(name), settings, environment),
    )
  }

  /** Every service, in the order in which they were first named. */
  get all(): readonly MeshService[] {
    return this.#services.all
  }

  /**
   * @param name - See `Mesh.service`.
   * @param options - See `Mesh.service`.
   */
  get(name: string, options?: ServiceOptions): MeshService {
    const { name: canonical } = ServiceOrigin.parse(name)
    if (this.#closed) throw new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
    return this.#services.get(canonical, options)
  }

  /** Ends every breaker: no timer is left, and calls fail as all calls of a closed mesh do. */
  close(): void {
    this.#closed = true
    for (const service of this.#services.all) service.close()
  }
}
