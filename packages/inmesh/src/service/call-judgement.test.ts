import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshError } from '@inmesh/core'
import { fetch, Response } from 'undici'
import { isUpstreamFailure, wasGivenUp } from './call-judgement.js'

function withCause(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause })
}

const RESULTS: readonly [what: string, result: Response | Error, failed: boolean][] = [
  ['a response', new Response(''), false],
  ['an answer 404', new Response('', { status: 404 }), false],
  ['an answer 500', new Response('', { status: 500 }), true],
  ['an answer 503', new Response('', { status: 503 }), true],
  ['a connection refused', withCause(Object.assign(new Error(), { code: 'ECONNREFUSED' })), true],
  ['an error of the way', withCause(new MeshError('ERR_INMESH_NO_HEALTHY_ENDPOINT', 'none')), true],
  ['a time limit of the mesh', withCause(new MeshError('ERR_INMESH_TIMEOUT', 'late')), true],
  ['a time limit of the caller', new DOMException('late', 'TimeoutError'), true],
  ['a call given up', new DOMException('enough', 'AbortError'), false],
  ['a closed mesh', withCause(new MeshError('ERR_INMESH_CLOSED', 'closed')), false],
  ['wrong options', withCause(new MeshError('ERR_INMESH_OPTIONS', 'wrong')), false],
  [
    'a call whose inbound request was cancelled',
    withCause(Object.assign(new Error(), { code: 'ERR_INMESH_CANCELLED' })),
    false,
  ],
  ['a call ended by undici', withCause(Object.assign(new Error(), { code: 'UND_ERR_ABORTED' })), false],
]

for (const [what, result, failed] of RESULTS) {
  test(`${what} is ${failed ? 'a' : 'no'} failure of the upstream`, () => {
    assert.equal(isUpstreamFailure(result), failed)
  })
}

test('arguments that fetch refuses are no failure of the upstream', async () => {
  const error = await fetch('http://127.0.0.1/', { headers: { 'not a name': '' } }).then(
    () => assert.fail('the name of the header is wrong'),
    (reason) => reason,
  )
  assert.equal(isUpstreamFailure(error), false)
})

test('a call is given up when its error is the reason of the abort', () => {
  const signal = AbortSignal.abort()
  assert.equal(wasGivenUp(signal.reason, signal), true)
  assert.equal(wasGivenUp('enough', AbortSignal.abort('enough')), true)
  assert.equal(wasGivenUp(new Error('another'), signal), false)
  assert.equal(wasGivenUp(new Error('another'), undefined), false)
})

test('a call that came to the time limit of its caller was not given up', () => {
  const signal = AbortSignal.abort(new DOMException('late', 'TimeoutError'))
  assert.equal(wasGivenUp(signal.reason, signal), false)
})
