import { NameTable } from './name-table.js'
import type { ServiceEnvironment } from './service-environment.js'
import type { ServiceOptions } from './service-options.js'
import type { ServiceOrigin } from './service-origin.js'
import { ServiceRoute } from './service-route.js'
import type { ServiceSettings } from './service-settings.js'

/**
 * A service that the application calls, with what it wants for all these calls: `mesh.service('reviews', options).fetch('/reviews/7')`. Its breaker
 * judges the calls that are made here; those of its routes have breakers of their own.
 */
export class MeshService extends ServiceRoute {
  readonly #routes: NameTable<ServiceRoute>

  /**
   * @param origin - Where the service is.
   * @param settings - Options, checked.
   * @param environment - The mesh.
   * @internal
   */
  constructor(origin: ServiceOrigin, settings: ServiceSettings, environment: ServiceEnvironment) {
    super(origin.name, origin, settings, environment)
    this.#routes = new NameTable(
      (name) => `route ${name} of service ${origin.name}`,
      settings,
      (name, own) => new ServiceRoute(`${origin.name} ${name}`, origin, own, environment),
    )
  }

  /**
   * A part of the service's calls with a breaker of its own, for what fails on its own: `reviews.route('search').fetch('/search?q=mesh')`. Which calls
   * belong to it is for the caller to say, not for a pattern of paths.
   *
   * @param name - A name for those calls.
   * @param options - What differs from the service; options of the breaker one by one. `breaker: false` leaves these calls without one.
   * @returns the same route for the same name.
   * @throws MeshError ERR_INMESH_OPTIONS naming the option that is wrong, or that differs from those given for this name before.
   */
  route(name: string, options?: ServiceOptions): ServiceRoute {
    return this.#routes.get(name, options)
  }

  /** The routes that were asked for. */
  get routes(): readonly ServiceRoute[] {
    return this.#routes.all
  }
}
