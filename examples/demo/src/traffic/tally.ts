import type { RequestRecord } from './request-record.js'

/** Counts of some requests. */
export interface Tally {
  readonly sent: number
  readonly answered: number
  readonly failed: number
  /** Answers by the instance that gave them. */
  readonly byInstance: ReadonlyMap<string, number>
}

export function tally(records: readonly RequestRecord[]): Tally {
  const byInstance = new Map<string, number>()
  let answered = 0
  let failed = 0
  for (const { state, servedBy } of records) {
    if (state === 'failed') failed++
    if (state !== 'answered') continue
    answered++
    if (servedBy !== undefined) byInstance.set(servedBy, (byInstance.get(servedBy) ?? 0) + 1)
  }
  return { sent: records.length, answered, failed, byInstance }
}

/** @returns the answers that instances of one version gave; their names begin with `catalog-VERSION-`. */
export function answersOf(version: string, { byInstance }: Tally): number {
  let answers = 0
  for (const [instance, count] of byInstance) if (instance.startsWith(`catalog-${version}-`)) answers += count
  return answers
}
