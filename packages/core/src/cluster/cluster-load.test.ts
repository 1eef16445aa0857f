import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { endpoint, FakeCarrier, pickContext, request, cluster as resolved } from '../testing/fixtures.js'
import { Cluster } from './cluster.js'
import type { LoadReporting } from './load-reporting.js'

let words: string[]
let cluster: Cluster

const loadReporting: LoadReporting = {
  recordLoad: (name, { serviceName }) => {
    const say = (word: string): void => {
      words.push(`${name}/${serviceName} ${word}`)
    }
    say('opened')
    return {
      started: ({ port, locality }) => say(`started ${port} in ${locality.region}`),
      responded: (_endpoint, status) => say(`responded ${status}`),
      failed: (_endpoint, failure) => say(`failed ${failure}`),
      ended: ({ port }) => say(`ended ${port}`),
      dropped: (category) => say(`dropped ${category}`),
      close: () => say('closed'),
    }
  },
}

beforeEach(() => {
  words = []
  const carriers = [new FakeCarrier('http'), new FakeCarrier('grpc')]
  cluster = new Cluster(
    'c',
    { carriers, clock: new SimulatedClock(), random: new SeededRandom(1), loadReporting },
    () => {},
  )
})

function taken(): string[] {
  return words.splice(0)
}

function pick(): string {
  return cluster.pick(cluster.view('grpc'), pickContext({ request: request({ view: 'grpc' }) })).kind
}

test('load is counted while the configuration asks for it, and anew when it asks for something else', () => {
  cluster.update(resolved('c', [endpoint(1)]))
  assert.equal(cluster.observed, false)
  cluster.update(resolved('c', [endpoint(1)], { loadReport: { serviceName: 's', metrics: [] } }))
  cluster.update(resolved('c', [endpoint(1), endpoint(2)], { loadReport: { serviceName: 's', metrics: [] } }))
  assert.deepEqual(taken(), ['c/s opened'])
  cluster.update(resolved('c', [endpoint(1)], { loadReport: { serviceName: 't', metrics: [] } }))
  assert.deepEqual(taken(), ['c/s closed', 'c/t opened'])
  cluster.update(resolved('c', [endpoint(1)], { loadReport: { serviceName: 't', metrics: ['cpu_utilization'] } }))
  assert.deepEqual(taken(), ['c/t closed', 'c/t opened'])
  cluster.update(resolved('c', [endpoint(1)]))
  assert.deepEqual(taken(), ['c/t closed'])
  assert.equal(cluster.observed, false)
})

test('attempts are told with the place of their endpoint', () => {
  const config = resolved('c', [endpoint(1)], { loadReport: { serviceName: '', metrics: [] } })
  assert.ok(config.kind === 'resolved')
  const [locality] = config.endpoints.localities
  const europe = { ...locality!, locality: { region: 'europe', zone: '', subZone: '' } }
  cluster.update({ ...config, endpoints: { ...config.endpoints, localities: [europe] } })
  const picked = cluster.pick(cluster.view('http'), pickContext())
  assert.ok(picked.kind === 'endpoint')
  cluster.attemptStarted(picked)
  cluster.attemptResponded(picked, 200, -1, 0, 'http')
  cluster.attemptEnded(picked)
  assert.deepEqual(taken(), ['c/ opened', 'c/ started 1 in europe', 'c/ responded 200', 'c/ ended 1'])
})

test('what is dropped is told with its category, and without one when a limit is reached', () => {
  cluster.update(resolved('c', [endpoint(1)], { loadReport: { serviceName: '', metrics: [] }, drop: 1_000_000 }))
  assert.equal(pick(), 'local-reply')
  cluster.update(
    resolved('c', [endpoint(1)], {
      loadReport: { serviceName: '', metrics: [] },
      thresholds: { maxRequests: 0, maxRetries: 3 },
    }),
  )
  assert.equal(pick(), 'local-reply')
  assert.deepEqual(taken(), ['c/ opened', 'c/ dropped test', 'c/ dropped '])
})

test('a cluster that goes counts no more', () => {
  cluster.update(resolved('c', [endpoint(1)], { loadReport: { serviceName: '', metrics: [] } }))
  cluster.retire()
  assert.deepEqual(taken(), ['c/ opened', 'c/ closed'])
})
