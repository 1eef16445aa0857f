import { adsAcknowledgement } from './ads-acknowledgement.js'
import { adsStreams } from './ads-streams.js'
import { adsWatchers } from './ads-watchers.js'
import type { Removal } from './removal.js'

/** What is taken away to show that the tests of the scenarios notice. */
export const removals: readonly Removal[] = [...adsAcknowledgement, ...adsStreams, ...adsWatchers]

/** Scenarios for which nothing can be taken away, and why. */
export const withoutRemoval: ReadonlyMap<number, string> = new Map()
