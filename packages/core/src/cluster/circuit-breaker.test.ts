import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CircuitBreakerThresholds } from '../model/cluster.js'
import { CircuitBreaker } from './circuit-breaker.js'

function breaker(parts: Partial<CircuitBreakerThresholds> = {}): CircuitBreaker {
  return new CircuitBreaker({ maxRequests: 1024, maxRetries: 3, ...parts })
}

test('connections are limited over all endpoints, and each endpoint may have one in any case', () => {
  const limited = breaker({ maxConnections: 2 })
  limited.connections = 1
  assert.equal(limited.mayConnect(1), true)
  limited.connections = 2
  assert.deepEqual([limited.mayConnect(1), limited.mayConnect(0)], [false, true])
})

test('connections are limited per endpoint', () => {
  const limited = breaker({ maxConnectionsPerEndpoint: 2 })
  assert.deepEqual([limited.mayConnect(0), limited.mayConnect(1), limited.mayConnect(2)], [true, true, false])
})

test('connections and waiting requests are limited by default', () => {
  const limited = breaker()
  Object.assign(limited, { connections: 1024, pending: 1024 })
  assert.deepEqual([limited.mayConnect(1), limited.mayWait], [false, false])
})

test('a retry budget is a share of what runs and waits, with a floor', () => {
  const limited = breaker({ maxRetries: 0, retryBudget: { percent: 20, minConcurrency: 3 } })
  const allowed = (requests: number, pending: number, retries: number): boolean => {
    Object.assign(limited, { requests, pending, retries })
    return limited.mayRetry
  }
  assert.deepEqual(
    [allowed(0, 0, 2), allowed(0, 0, 3), allowed(60, 40, 19), allowed(60, 40, 20)],
    [true, false, true, false],
  )
})

test('without a budget the number of retries is limited', () => {
  const limited = breaker({ maxRetries: 1 })
  assert.equal(limited.mayRetry, true)
  limited.retries = 1
  assert.equal(limited.mayRetry, false)
})

test('a limit may be lowered below what is in use, and nothing remains then', () => {
  const limited = breaker()
  limited.requests = 10
  assert.deepEqual(limited.remaining, { connections: 1024, pending: 1024, requests: 1014, retries: 3 })
  limited.configure({ maxRequests: 5, maxRetries: 3, maxConnections: 7, maxPendingRequests: 6 })
  assert.equal(limited.mayRequest, false)
  assert.deepEqual(limited.remaining, { connections: 7, pending: 6, requests: 0, retries: 3 })
})
