import { after } from 'node:test'
import type { TestScope } from './test-process.js'

/**
 * The scope of what the tests of a suite share. To be called in the suite's body: what a `before` hook hands to `after` itself is
 * released with the hook.
 */
export function suiteScope(): TestScope {
  const releases: (() => Promise<void>)[] = []
  after(async () => {
    for (const release of releases.reverse()) await release()
  })
  return { after: (release) => releases.push(release) }
}
