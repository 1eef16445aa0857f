import { Upstreams } from '../harness/upstreams.js'
import { cluster, endpoint, route, target } from './shop-config.js'
import type { StaticSource } from './static-source.js'

/** Endpoints of the service that is called, and routes of its table. */
export const SIZE = 100

/** Paths of which each meets another route. */
export const PATHS: readonly string[] = Array.from({ length: SIZE }, (_, index) => `/shelf-${index}/books/7?full=1`)

/** What the mesh calls the service. */
export const ORIGIN = 'http://shop.demo'

/** Starts the service: one hundred servers in one process. */
export function startShop(): Promise<Upstreams> {
  return Upstreams.start(SIZE)
}

/**
 * Makes the service known to a mesh: one hundred routes to one cluster of one hundred endpoints.
 *
 * @param source - Source of the mesh.
 * @param ports - The service's ports.
 * @param timeoutMs - Timeout of every route; 0, as Istio sends it by default, means none.
 */
export function configureShop(source: StaticSource, ports: readonly number[], timeoutMs: number): void {
  const routes = PATHS.map((_, index) => route(`/shelf-${index}/`, { shop: 1 }, timeoutMs))
  const endpoints = ports.map((port) => endpoint(port))
  source.set(target('shop.demo:80', routes, [cluster('shop', endpoints)]))
}
