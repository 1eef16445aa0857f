import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { patienceMs } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { CarrierBench } from './carrier-bench.js'
import { carriers } from './carriers.js'
import { Cell, resultOf, type Scenario, WORKS } from './scenario.js'

/**
 * Tries every scenario with every client.
 *
 * @param title - Of the suite.
 * @param scenarios - What is tried.
 * @param http2 - Whether the servers speak HTTP/2.
 */
export function testMatrix(title: string, scenarios: readonly Scenario[], http2 = false): void {
  describe(title, () => {
    const suite = suiteScope()
    let bench: CarrierBench
    before(async () => {
      bench = await CarrierBench.start(suite)
    })
    for (const carrier of carriers) {
      describe(carrier.name, () => {
        for (const scenario of scenarios) {
          if (scenario.requestsOnly === true && carrier.kind !== 'request') continue
          const expected = scenario.otherwise[carrier.name] ?? WORKS
          it(`${scenario.title}: ${expected}`, { timeout: patienceMs, skip: carrier.missing ?? false }, async () => {
            assert.equal(await resultOf(scenario, new Cell(bench, carrier, scenario.title, http2)), expected)
          })
        }
      })
    }
  })
}
