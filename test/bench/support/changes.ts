import type { TargetConfig } from '@inmesh/core'
import { cluster, endpoint, route, target } from './shop-config.js'

/**
 * The configuration of a step. In turn a step changes the endpoints, their weights, the weights of the clusters, the routes, or a whole
 * cluster; what it does not change stays as the steps before left it.
 *
 * @param ports - Ports of the service, 12 at least.
 * @param step - From 0.
 */
export function changedTarget(ports: readonly number[], step: number): TargetConfig {
  const [endpoints, weights, split, routes, clusters] = [0, 1, 2, 3, 4].map((kind) => Math.floor((step + 4 - kind) / 5))
  const listed = (from: number) => {
    const window = Array.from({ length: 8 }, (_, index) => ports[(from + index) % ports.length]!)
    return window.map((port, index) => endpoint(port, 1 + ((index + weights!) % 3)))
  }
  const stable = 'shop-v1'
  // A new name is a new cluster: the old one leaves with its connections.
  const canary = `shop-v2-${clusters}`
  const share = (split! * 7) % 101
  const shares =
    share === 0 ? { [stable]: 100 } : share === 100 ? { [canary]: 100 } : { [stable]: 100 - share, [canary]: share }
  const list = Array.from({ length: 5 + (routes! % 5) }, (_, index) =>
    route(`/beta-${routes}-${index}/`, { [canary]: 1 }),
  )
  return target(
    'shop.demo:80',
    [...list, route('/', shares)],
    [cluster(stable, listed(endpoints!)), cluster(canary, listed(endpoints! + 4))],
  )
}
