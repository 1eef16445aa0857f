import { basename } from 'node:path'
import { measureSplit, splitArrived } from '../checks/split-checks.js'
import type { Demo } from '../demo.js'
import { paintDiff, unifiedDiff } from '../terminal/diff.js'
import type { RequestRecord } from '../traffic/request-record.js'
import type { Traffic } from '../traffic/traffic.js'
import { until } from '../until.js'
import { editWeights } from './route-weights.js'

/** Answers after which a split is left for the next. */
const ANSWERS_PER_SPLIT = 300
/** Answers by which the traffic itself shows that an edit has arrived. */
const ARRIVAL_WINDOW = 60

/** A phase in which version 2 was to have a share of the traffic. */
export interface SplitPhase {
  /** Name of the phase. */
  readonly phase: string
  /** Share of version 2, 0 to 1. */
  readonly share: number
}

const START: SplitPhase = { phase: 'split 100/0', share: 0 }

const CANARY: readonly SplitPhase[] = [
  { phase: 'split 90/10', share: 0.1 },
  { phase: 'split 50/50', share: 0.5 },
  { phase: 'split 0/100', share: 1 },
]

/**
 * Moves the traffic from version 1 to version 2 by editing a file, step by step and under load.
 *
 * @param traffic - Is started here, and goes on running.
 * @returns the phases, in which every request was sent while the split held.
 */
export async function canary(demo: Demo, traffic: Traffic): Promise<readonly SplitPhase[]> {
  traffic.start(START.phase)
  await hold(demo, traffic, START)
  let old = START
  for (const split of CANARY) {
    await edit(demo, traffic, old, split)
    await hold(demo, traffic, split)
    old = split
  }
  return [START, ...CANARY]
}

/** Edits the file and waits until the requests follow. What is sent meanwhile may go either way, and is counted apart. */
async function edit(demo: Demo, traffic: Traffic, old: SplitPhase, split: SplitPhase): Promise<void> {
  const { fleet, screen, paint, signal } = demo
  const phase = enter(demo, traffic, split.phase.replace('split', 'edit to'))
  await until(`the requests of ${old.phase} are over`, () => traffic.in(old.phase).every(isOver), signal)
  const { before, after } = await editWeights(fleet.routesFile, Math.round(split.share * 100))
  screen.print(`\n${paintDiff(unifiedDiff(basename(fleet.routesFile), before, after), paint)}\n`)
  await until(
    `the traffic follows the edit to ${split.phase}`,
    () => splitArrived(traffic.in(phase).filter(isAnswered).slice(-ARRIVAL_WINDOW), old.share, split.share),
    signal,
  )
}

async function hold(demo: Demo, traffic: Traffic, { phase, share }: SplitPhase): Promise<void> {
  enter(demo, traffic, phase)
  const answers = await until(
    `${ANSWERS_PER_SPLIT} answers in ${phase}`,
    () => {
      const answered = traffic.in(phase).filter(isAnswered)
      return answered.length >= ANSWERS_PER_SPLIT && answered
    },
    demo.signal,
  )
  const { v1, v2 } = measureSplit(phase, share, answers)
  demo.screen.print(`  ${phase}: v1 gave ${v1} answers and v2 gave ${v2}`)
}

function enter({ view }: Demo, traffic: Traffic, phase: string): string {
  view.title = phase
  traffic.phase = phase
  return phase
}

function isOver({ state }: RequestRecord): boolean {
  return state !== 'in flight'
}

function isAnswered({ state }: RequestRecord): boolean {
  return state === 'answered'
}
