import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpFilter, SessionCookie } from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { TestUpstream } from './testing/test-upstream.js'

const STATE: SessionCookie = { kind: 'cookie', name: 'session', path: '', ttlMs: 0, attributes: [] }
const FILTER: HttpFilter = {
  name: 'session',
  config: { kind: 'stateful-session', strict: false, state: STATE },
  disabled: false,
}

test('a client that shows its cookie again stays with its endpoint, until that is gone', async (context) => {
  const upstreams = await Promise.all(
    ['a', 'b', 'c'].map((name) => TestUpstream.start(context, (_request, response) => response.end(name))),
  )
  const mesh = new ClientFixture(context)
  const ports = upstreams.map(({ port }) => port)
  mesh.serve(ports, { filters: [FILTER] })
  const first = await mesh.response()
  const cookie = String(first.headers['set-cookie']).split(';')[0]!
  const name = await first.body.text()
  for (let again = 0; again < 6; again++) {
    const response = await mesh.response('/', { headers: { cookie } })
    assert.deepEqual([await response.body.text(), response.headers['set-cookie']], [name, undefined])
  }
  mesh.serve(
    ports.filter((_, index) => 'abc'[index] !== name),
    { filters: [FILTER] },
  )
  const moved = await mesh.response('/', { headers: { cookie } })
  assert.notEqual(await moved.body.text(), name)
  assert.match(String(moved.headers['set-cookie']), /^session="/)
})
