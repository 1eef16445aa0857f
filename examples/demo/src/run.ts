import type { Demo } from './demo.js'
import { judge } from './judge.js'
import { canary } from './steps/canary.js'
import { kill } from './steps/kill.js'
import { checkLines, killTable, trafficTable, verdict } from './summary.js'
import { readJournals } from './traffic/journal-reader.js'
import { Traffic } from './traffic/traffic.js'

/**
 * Goes through the steps and prints the summary.
 *
 * @returns whether every check passed.
 */
export async function run(demo: Demo): Promise<boolean> {
  const { fleet, screen, view, paint, signal } = demo
  const startedAt = performance.now()

  screen.print(
    paint(
      'bold',
      'Starting a control plane, a shop front and four instances of its catalog, each a process of its own ...',
    ),
  )
  await fleet.start()
  const instances = [...fleet.instances.values()]
  for (const { name, address, pid } of instances) screen.print(`  ${name} listens at ${address} (process ${pid})`)
  screen.print(`  the shop is open at ${fleet.shopUrl}, all ready after ${secondsSince(startedAt)} s`)

  const withMesh = new Traffic({ name: 'mesh', shopUrl: fleet.shopUrl, signal })
  view.instances = instances
  view.lanes = [{ title: 'with the mesh', records: withMesh.records }]
  view.start()

  screen.print(paint('bold', '\nA canary: version 2 gets its share of the traffic by edits of one file.'))
  const phases = await canary(demo, withMesh)

  screen.print(paint('bold', '\nA kill: an instance dies in mid-request, beside a shop that has no mesh.'))
  const v2 = instances.filter(({ version }) => version === 'v2')
  const without = new Traffic({ name: 'plain', shopUrl: await fleet.startShopWithoutMesh(v2), signal })
  view.lanes = [...view.lanes, { title: 'without', records: without.records }]
  const killed = await kill(demo, withMesh, without)
  await Promise.all([withMesh.stop(), without.stop()])
  view.stop()

  const journal = readJournals(fleet.journalFolder)
  const { splits, kill: outcomes, checks } = judge({ withMesh, without, journal, phases, kill: killed })
  const lines = [
    '',
    ...trafficTable(withMesh.records, splits),
    '',
    ...killTable(outcomes),
    '',
    ...checkLines(checks, paint),
    '',
    paint('bold', verdict(checks, withMesh.records.length + without.records.length, secondsSince(startedAt))),
  ]
  screen.print(lines.join('\n'))
  return checks.every(({ passed }) => passed)
}

function secondsSince(time: number): string {
  return ((performance.now() - time) / 1000).toFixed(1)
}
