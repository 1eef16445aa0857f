import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Method } from './request-record.js'

/** One line of an instance's journal. */
export interface JournalEntry {
  readonly instance: string
  readonly event: 'began' | 'ended'
  readonly method: Method
  /** Id of the request. */
  readonly id: string
}

/** What all instances wrote, each in the order in which it happened. */
export function readJournals(folder: string): readonly JournalEntry[] {
  return readdirSync(folder).flatMap((name) => readJournal(join(folder, name)))
}

/** @returns what one instance wrote; its name is that of the file. */
export function readJournal(file: string): readonly JournalEntry[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  // Whatever follows the last line break is empty, or a line that is being written.
  return lines.slice(0, -1).map((line) => {
    const [event, method, id] = line.split(' ') as [JournalEntry['event'], Method, string]
    return { instance: basename(file, '.journal'), event, method, id }
  })
}

/** @returns what was begun and never ended: at the end of a journal, what is in flight, or what a kill cut off. */
export function unfinished(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const key = ({ instance, id }: JournalEntry): string => `${instance} ${id}`
  const ended = new Set(entries.filter(({ event }) => event === 'ended').map(key))
  return entries.filter((entry) => entry.event === 'began' && !ended.has(key(entry)))
}
