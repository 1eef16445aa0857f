import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BreakerOptions, ServiceOptions } from './service-options.js'
import { differingOption, resolveServiceOptions } from './service-settings.js'

function resolve(options: unknown, base?: ServiceOptions) {
  const settings = base && resolveServiceOptions('service reviews', base)
  return resolveServiceOptions('service reviews', options as ServiceOptions, settings)
}

const WRONG: readonly [options: unknown, field: string, complaint: RegExp][] = [
  [7, '', /must be an object/],
  [{ timeoutMs: 0 }, 'timeoutMs', /positive number of milliseconds/],
  [{ idempotent: 'yes' }, 'idempotent', /must be a boolean/],
  [{ timeout: 1 }, 'timeout', /does not exist/],
  [{ toString: 1 }, 'toString', /does not exist/],
  [{ breaker: true }, 'breaker', /must be an object or false/],
  [{ breaker: { timeout: 5 } }, 'breaker.timeout', /does not exist/],
  [{ breaker: { errorThresholdPercentage: 100 } }, 'breaker.errorThresholdPercentage', /from 0 up to less than 100/],
  [{ breaker: { errorThresholdPercentage: Number.NaN } }, 'breaker.errorThresholdPercentage', /from 0/],
  [{ breaker: { volumeThreshold: 0 } }, 'breaker.volumeThreshold', /positive integer/],
  [{ breaker: { volumeThreshold: 1.5 } }, 'breaker.volumeThreshold', /positive integer/],
  [{ breaker: { resetTimeout: Number.POSITIVE_INFINITY } }, 'breaker.resetTimeout', /milliseconds/],
  [{ breaker: { rollingCountTimeout: -1 } }, 'breaker.rollingCountTimeout', /milliseconds/],
  [{ breaker: { isFailure: 500 } }, 'breaker.isFailure', /must be a function/],
  [{ breaker: { fallback: 'cached' } }, 'breaker.fallback', /must be a function/],
]

for (const [options, field, complaint] of WRONG) {
  test(`options ${JSON.stringify(options)} are refused by name`, () => {
    assert.throws(
      () => resolve(options),
      (error: Error & { code?: string; place?: { field?: string } }) => {
        assert.equal(error.code, 'ERR_INMESH_OPTIONS')
        assert.equal(error.place?.field, field)
        assert.match(error.message, complaint)
        assert.match(error.message, /^service reviews: .*/)
        assert.ok(error.message.includes(field))
        return true
      },
    )
  })
}

test('what is not said has its default, and there is no breaker unless asked for', () => {
  assert.deepEqual(resolve({}), { timeoutMs: undefined, idempotent: false, breaker: undefined })
  assert.deepEqual(resolve({ breaker: {} }).breaker, {
    errorThresholdPercentage: 50,
    volumeThreshold: 10,
    resetTimeout: 30_000,
    rollingCountTimeout: 10_000,
    isFailure: undefined,
    fallback: undefined,
  })
})

test('a route has what it does not say from its service, options of the breaker one by one', () => {
  const service: ServiceOptions = { timeoutMs: 500, idempotent: true, breaker: { resetTimeout: 1, volumeThreshold: 2 } }
  const route = resolve({ timeoutMs: 100, breaker: { resetTimeout: 3 } }, service)
  assert.deepEqual([route.timeoutMs, route.idempotent], [100, true])
  assert.deepEqual([route.breaker?.resetTimeout, route.breaker?.volumeThreshold], [3, 2])
  assert.equal(resolve({}, service).breaker?.volumeThreshold, 2)
  assert.equal(resolve({ breaker: false }, service).breaker, undefined)
})

test('options are the same when what they come to is the same', () => {
  const isFailure = (): boolean => false
  const one = resolve({ timeoutMs: 5, breaker: { isFailure } })
  const other = resolve({ breaker: { isFailure, volumeThreshold: 10, fallback: undefined }, timeoutMs: 5 })
  assert.equal(differingOption(one, other), undefined)
  assert.equal(differingOption(resolve({}), resolve({ breaker: false })), undefined)
})

const OTHERS: readonly [options: ServiceOptions, field: string][] = [
  [{ timeoutMs: 6 }, 'timeoutMs'],
  [{ idempotent: true }, 'idempotent'],
  [{ breaker: false }, 'breaker'],
  ...Object.entries({
    errorThresholdPercentage: 40,
    volumeThreshold: 3,
    resetTimeout: 4,
    rollingCountTimeout: 5,
    isFailure: () => true,
    fallback: () => new Response(),
  } satisfies BreakerOptions).map(([name, value]): [ServiceOptions, string] => [
    { breaker: { [name]: value } },
    `breaker.${name}`,
  ]),
]

for (const [options, field] of OTHERS) {
  test(`a difference in ${field} is found`, () => {
    assert.equal(differingOption(resolve({ breaker: {} }), resolve({ breaker: {}, ...options })), field)
  })
}
