import type { RequestRecord } from '../traffic/request-record.js'
import { tally } from '../traffic/tally.js'
import type { Paint } from './paint.js'

/** One way to the catalog, a column of the view. */
export interface Lane {
  readonly title: string
  readonly records: readonly RequestRecord[]
}

/** A service instance, a row of the view. */
export interface InstanceStatus {
  readonly name: string
  readonly running: boolean
}

/** What the view shows. */
export interface ViewModel {
  readonly title: string
  readonly lanes: readonly Lane[]
  readonly instances: readonly InstanceStatus[]
  /** `performance.now()`. */
  readonly now: number
}

/** Bars show what was sent in the last seconds, so that a change is seen at once; counts are from the beginning. */
const RECENT_MS = 3000
const BAR_CHARACTERS = 12
const NAME_CHARACTERS = 12
const CELL_CHARACTERS = BAR_CHARACTERS + 14

/** Draws what goes where. */
export function drawView({ title, lanes, instances, now }: ViewModel, paint: Paint): readonly string[] {
  const shares = lanes.map(({ records }) => {
    const recent = tally(records.slice(firstSentAfter(records, now - RECENT_MS)))
    return { all: tally(records), recent }
  })
  const rows = instances.map(({ name, running }) => {
    const cells = shares.map(({ all, recent }) => {
      const share = recent.answered === 0 ? 0 : (recent.byInstance.get(name) ?? 0) / recent.answered
      const count = (all.byInstance.get(name) ?? 0).toLocaleString('en-US')
      return `${drawBar(share, paint)} ${`${Math.round(share * 100)} %`.padStart(5)} ${count.padStart(7)}`
    })
    const status = running ? '' : paint('red', 'killed')
    return `  ${name.padEnd(NAME_CHARACTERS)}  ${cells.join('   ')}  ${status}`.trimEnd()
  })
  const failures = lanes.map(({ records }) => {
    const text = `GET ${failed(records, 'GET')}, POST ${failed(records, 'POST')}`.padEnd(CELL_CHARACTERS)
    return text.startsWith('GET 0, POST 0 ') ? text : paint('red', text)
  })
  return [
    '',
    `  ${paint('bold', title)}`,
    `  ${' '.repeat(NAME_CHARACTERS)}  ${lanes.map((lane) => lane.title.padEnd(CELL_CHARACTERS)).join('   ')}`.trimEnd(),
    ...rows,
    `  ${'failed'.padEnd(NAME_CHARACTERS)}  ${failures.join('   ')}`.trimEnd(),
  ]
}

/** The same in one line, for output that is not a terminal. */
export function describeView({ title, lanes, instances, now }: ViewModel): string {
  const parts = lanes.map((lane) => {
    const recent = tally(lane.records.slice(firstSentAfter(lane.records, now - RECENT_MS)))
    const shares = instances.map(({ name, running }) => {
      const share = recent.answered === 0 ? 0 : (recent.byInstance.get(name) ?? 0) / recent.answered
      return `${name} ${running ? `${Math.round(share * 100)} %` : 'killed'}`
    })
    return `${lane.title}: ${shares.join(', ')}, failed ${tally(lane.records).failed}`
  })
  return `  [${title}] ${parts.join(' | ')}`
}

function failed(records: readonly RequestRecord[], method: string): number {
  return records.filter((record) => record.state === 'failed' && record.method === method).length
}

function drawBar(share: number, paint: Paint): string {
  const filled = Math.round(share * BAR_CHARACTERS)
  return paint('cyan', '█'.repeat(filled)) + paint('dim', '░'.repeat(BAR_CHARACTERS - filled))
}

function firstSentAfter(records: readonly RequestRecord[], time: number): number {
  const index = records.findIndex(({ sentAt }) => sentAt > time)
  return index === -1 ? records.length : index
}
