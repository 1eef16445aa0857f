import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventLines } from './control-plane-event.js'

it('tells an event in a line, whatever the words of a client hold', () => {
  assert.deepEqual(eventLines({ kind: 'nack', nodeId: 'a\nreloaded: nothing', type: 'CDS', reason: '\u001b[2Jbad' }), [
    'refused by node a reloaded: nothing: CDS:  [2Jbad',
  ])
  const workload = {
    service: 'catalog',
    namespace: 'shop',
    address: '::1',
    port: 9000,
    labels: { version: 'v1' },
    locality: { region: '', zone: '', subZone: '' },
  }
  assert.deepEqual(eventLines({ kind: 'workload-registered', workload }), [
    'workload registered: catalog in shop at [::1]:9000, version v1',
  ])
  assert.deepEqual(eventLines({ kind: 'reloaded', changes: [], warnings: [{ place: {}, message: 'careful' }] }), [
    'reloaded: as before',
    'warning: careful',
  ])
})
