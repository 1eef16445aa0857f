import { once } from 'node:events'
import type { Demo } from './demo.js'
import { Traffic } from './traffic/traffic.js'

const REQUESTS_PER_SECOND = 30
const REMEMBERED_MS = 60_000

/** Leaves everything up, with traffic to look at, until the user ends it. */
export async function keep({ fleet, screen, view, paint, signal }: Demo): Promise<never> {
  fleet.letInstancesCrash()
  const victim = fleet.instances.get('catalog-v2-b')!
  screen.print(`
${paint('bold', 'Everything is still up. Ctrl-C ends it.')}
  Change a weight and watch the traffic follow:  ${fleet.routesFile}
  Visit the shop:                                curl -i ${fleet.shopUrl}/products/7
  Kill an instance:                              kill -9 ${victim.pid}
  The control plane, for services of your own:   ${fleet.controlPlane}`)

  const traffic = new Traffic({
    name: 'visitor',
    shopUrl: fleet.shopUrl,
    signal,
    requestsPerSecond: REQUESTS_PER_SECOND,
  })
  view.title = 'your turn'
  view.lanes = [{ title: 'the last minute', records: traffic.records }]
  view.start()
  traffic.start(view.title)
  const forgetting = setInterval(() => traffic.forgetBefore(performance.now() - REMEMBERED_MS), 1000)
  await once(signal, 'abort')
  clearInterval(forgetting)
  throw signal.reason
}
