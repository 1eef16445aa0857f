import type { Demo } from '../demo.js'
import type { Instance } from '../processes/instance.js'
import { readJournal, unfinished } from '../traffic/journal-reader.js'
import type { Method } from '../traffic/request-record.js'
import type { Traffic } from '../traffic/traffic.js'
import { until } from '../until.js'

/** Name of the phase. */
export const KILL_PHASE = 'kill'
/** Requests that must be in flight in the instance when it is killed, of each kind and from each shop. */
const IN_FLIGHT_AT_KILL = 2
/** Requests that each shop gets before the kill, while the instance is dead, and after it is back. */
const REQUESTS_PER_STAGE = 200
/** Answers that the instance gives the mesh once it is back. */
const ANSWERS_AFTER_RETURN = 30

/** What the step was about. */
export interface Kill {
  readonly victim: Instance
  /** When the instance listened again, in milliseconds of `performance.now()`. */
  readonly backAt: number
}

/**
 * Kills an instance while it works for two shops at once, one with a mesh and one without, and brings it back at the same address.
 *
 * @param withMesh - Runs already, and goes on running.
 * @param without - Is started here, and goes on running.
 */
export async function kill(demo: Demo, withMesh: Traffic, without: Traffic): Promise<Kill> {
  const { fleet, screen, paint, view, signal } = demo
  const victim = fleet.instances.get('catalog-v2-a')!
  const shops = [withMesh, without]
  const stage = (title: string): Promise<unknown> => {
    view.title = title
    const sent = shops.map(({ records }) => records.length + REQUESTS_PER_STAGE)
    const reached = (): boolean => shops.every(({ records }, index) => records.length >= sent[index]!)
    return until(title, reached, signal)
  }

  withMesh.phase = KILL_PHASE
  without.start(KILL_PHASE)
  await stage('two shops, one with a mesh and one without')

  const inMidRequest = (): boolean => isBusy(fleet.journalOf(victim.name), shops)
  await until(`${victim.name} is killed in mid-request`, () => victim.killIf(inMidRequest), signal)
  screen.print(`  ${paint('red', `${victim.name} is killed (SIGKILL)`)}`)
  await stage(`${victim.name} is dead`)

  await fleet.restart(victim)
  const backAt = performance.now()
  screen.print(`  ${paint('green', `${victim.name} is back`)}`)
  await stage(`${victim.name} is back`)
  await until(
    `${victim.name} answers the mesh again`,
    () => answersSince(withMesh, victim, backAt) >= ANSWERS_AFTER_RETURN,
    signal,
  )
  return { victim, backAt }
}

/** Answers that an instance gave to requests which were sent after a time. */
export function answersSince({ records }: Traffic, instance: Instance, time: number): number {
  return records.filter(({ sentAt, servedBy }) => sentAt > time && servedBy === instance.name).length
}

function isBusy(journal: string, shops: readonly Traffic[]): boolean {
  const inFlight = unfinished(readJournal(journal))
  const kinds: readonly Method[] = ['GET', 'POST']
  return shops.every(({ name }) =>
    kinds.every((kind) => {
      const found = inFlight.filter(({ method, id }) => method === kind && id.startsWith(`${name}-`))
      return found.length >= IN_FLIGHT_AT_KILL
    }),
  )
}
