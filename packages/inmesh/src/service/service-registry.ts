import { MeshError } from '@inmesh/core'
import { BreakerOutcomes } from './breaker-outcome.js'
import { MeshService } from './mesh-service.js'
import { NameTable } from './name-table.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { ServiceOptions } from './service-options.js'
import { ServiceOrigin } from './service-origin.js'

/** The services of a mesh that the application named. */
export class ServiceRegistry {
  /** What the breakers did with calls. */
  readonly outcomes = new BreakerOutcomes()
  readonly #services: NameTable<MeshService>
  readonly #guards: ServiceEnvironment['guards'] = new Set()
  #closed = false

  /**
   * @param mesh - What services have from it.
   */
  constructor(mesh: Omit<ServiceEnvironment, 'outcomes' | 'guards'>) {
    const environment: ServiceEnvironment = { ...mesh, outcomes: this.outcomes, guards: this.#guards }
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
    // Applications name a service for each call, mostly as it is kept.
    const canonical = this.#services.has(name) ? name : ServiceOrigin.parse(name).name
    if (this.#closed) throw new MeshError('ERR_INMESH_CLOSED', 'the mesh is closed')
    return this.#services.get(canonical, options)
  }

  /** Ends every breaker: no timer is left, and calls fail as all calls of a closed mesh do. */
  close(): void {
    this.#closed = true
    for (const guard of this.#guards) guard.close()
  }
}
