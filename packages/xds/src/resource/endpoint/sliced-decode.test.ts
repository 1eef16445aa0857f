import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EndpointConfig, SeededRandom } from '@inmesh/core'
import {
  Address,
  ClusterLoadAssignment,
  create,
  Duration,
  type Endpoint,
  type HealthStatus,
  LbEndpoint,
  Metadata,
  SocketAddress,
} from '@inmesh/xds-proto'
import { assignmentOf, istioEndpoint } from '../../testing/large-assignment.js'
import { STEP_BYTES } from '../../wire/step-bytes.js'
import { FieldScope } from '../field/field-scope.js'
import { ResourceReport } from '../field/resource-report.js'
import type { DecodedResource } from '../resource-type.js'
import { Addresses } from './addresses.js'
import { translateAssignment } from './assignment.js'
import { endpointAssignmentType } from './endpoint-assignment-type.js'
import type { EndpointResource } from './endpoint-resource.js'
import { translateLbEndpoint } from './lb-endpoint.js'
import { PlainEndpointReader } from './plain-endpoint.js'

function encode(assignment: ClusterLoadAssignment): Uint8Array {
  return ClusterLoadAssignment.encode(assignment).finish()
}

function range(from: number, to: number): LbEndpoint[] {
  return Array.from({ length: to - from }, (_, index) => istioEndpoint(from + index))
}

function meaningOf(decoded: DecodedResource<EndpointResource>): EndpointResource {
  assert.ok(decoded.kind === 'valid', JSON.stringify(decoded))
  return decoded.value
}

/** What comes out when the whole message is decoded first. */
function wholly(bytes: Uint8Array): { value: EndpointResource; report: ResourceReport } {
  const report = new ResourceReport()
  return { value: translateAssignment(FieldScope.root(report), ClusterLoadAssignment.decode(bytes)), report }
}

const MESSAGES: readonly (readonly [what: string, change: (endpoint: LbEndpoint) => LbEndpoint])[] = [
  ['of the usual kind', (endpoint) => endpoint],
  ['without metadata', (endpoint) => ({ ...endpoint, metadata: undefined })],
  ['with empty metadata', (endpoint) => ({ ...endpoint, metadata: create(Metadata) })],
  ['that drains', (endpoint) => ({ ...endpoint, healthStatus: 3 })],
  ['of a newer health status', (endpoint) => ({ ...endpoint, healthStatus: 300 as HealthStatus })],
  ['without weight', (endpoint) => ({ ...endpoint, loadBalancingWeight: undefined })],
  ['of the highest weight', (endpoint) => ({ ...endpoint, loadBalancingWeight: 0xffff_fff0 })],
  ['with an IPv6 address', (endpoint) => changed(endpoint, { address: socketAddress('2001:db8:85a3::8a2e:370:7334') })],
  ['with a short address', (endpoint) => changed(endpoint, { address: socketAddress('::') })],
  ['with a host name', (endpoint) => changed(endpoint, { hostname: 'größe.example' })],
  [
    'with metadata of all types',
    (endpoint) => {
      const namespace = { list: [1, null, 'a'], nested: { '1': true }, '': 0.5 }
      return { ...endpoint, metadata: create(Metadata, { filterMetadata: new Map([['a', namespace]]) }) }
    },
  ],
  [
    'with metadata that would be a prototype',
    (endpoint) => ({ ...endpoint, metadata: create(Metadata, { filterMetadata: new Map([['__proto__', {}]]) }) }),
  ],
]

function changed(endpoint: LbEndpoint, fields: Partial<Endpoint>): LbEndpoint {
  const { value } = endpoint.hostIdentifier as { value: Endpoint }
  return { ...endpoint, hostIdentifier: { $case: 'endpoint', value: { ...value, ...fields } } }
}

function socketAddress(address: string): Address {
  const value = create(SocketAddress, { address, portSpecifier: { $case: 'portValue', value: 1 } })
  return create(Address, { address: { $case: 'socketAddress', value } })
}

describe('endpoints that are read without decoding their messages', () => {
  for (const [what, change] of MESSAGES) {
    it(`mean the same as those decoded: one ${what}`, () => {
      const bytes = encode(assignmentOf('c', [[change(istioEndpoint(1)), istioEndpoint(2)]]))
      const { value, report } = wholly(bytes)
      const decoded = endpointAssignmentType.decode(bytes)
      assert.deepEqual(meaningOf(decoded).assignment, value.assignment)
      assert.deepEqual(decoded.kind === 'valid' && decoded.unsupported, report.unsupported)
    })
  }

  it('mean the same as those decoded: thousands', () => {
    const bytes = encode(assignmentOf('c', [range(0, 1000), range(1000, 3000)]))
    assert.deepEqual(meaningOf(endpointAssignmentType.decode(bytes)).assignment, wholly(bytes).value.assignment)
  })

  it('mean the same as those decoded even when bytes are damaged', () => {
    const random = new SeededRandom(7)
    let compared = 0
    for (let round = 0; round < 20_000; round++) {
      const [, change] = MESSAGES[round % MESSAGES.length]!
      const bytes = Buffer.from(LbEndpoint.encode(change(istioEndpoint(round))).finish())
      for (let count = 1 + random.below(3); count > 0; count--) bytes[random.below(bytes.length)] = random.below(256)
      const read = new PlainEndpointReader(bytes, undefined).read(0, bytes.length)
      if (read === undefined) continue
      compared++
      const report = new ResourceReport()
      assert.deepEqual(
        translateLbEndpoint(FieldScope.root(report), LbEndpoint.decode(bytes), new Addresses(false)),
        read,
      )
      assert.deepEqual([report.errors, report.unsupported], [[], []])
    }
    assert.ok(compared > 1000, `${compared} were read`)
  })

  it('are left to the decoder when their fields stand in an order of their own', () => {
    const { hostIdentifier, ...attributes } = istioEndpoint(1)
    const address = LbEndpoint.encode(create(LbEndpoint, { hostIdentifier })).finish()
    const others = LbEndpoint.encode({ ...attributes, hostIdentifier: undefined }).finish()
    const read = (...parts: Uint8Array[]): EndpointConfig | undefined =>
      new PlainEndpointReader(Buffer.concat(parts), undefined).read(0, address.length + others.length)
    assert.equal(read(address, others)?.host, '10.0.0.1')
    assert.equal(read(others, address), undefined)
  })

  it('are told of twice when an address comes twice, in whatever locality', () => {
    const bytes = encode(assignmentOf('c', [range(0, 2), range(1, 2)]))
    const decoded = endpointAssignmentType.decode(bytes)
    assert.ok(decoded.kind === 'malformed')
    assert.deepEqual(
      decoded.errors.map(({ field }) => field),
      ['endpoints[1].lb_endpoints[0].endpoint.address'],
    )
  })

  it('cost their assignment its name no more, when one of them is no message', () => {
    const bytes = encode(assignmentOf('c', [range(0, 1)]))
    // The length of the last field, the weight, runs over the end of its endpoint.
    const weight = bytes.lastIndexOf(0x22)
    bytes[weight + 1] = 0x7f
    const decoded = endpointAssignmentType.decode(bytes)
    assert.equal(decoded.kind, 'malformed')
    assert.equal(decoded.name, 'c')
  })
})

describe('an assignment', () => {
  it('is decoded in slices of limited size', () => {
    const bytes = encode(assignmentOf('c', [range(0, 2000), range(2000, 3000)]))
    const slices = endpointAssignmentType.decodeSlices!(bytes)
    let count = 1
    let step = slices.next()
    for (; !step.done; step = slices.next()) count++
    assert.ok(count >= Math.floor(bytes.length / STEP_BYTES), `${count} slices`)
    assert.deepEqual(meaningOf(step.value), meaningOf(endpointAssignmentType.decode(bytes)))
  })

  it('keeps what did not change the same objects', () => {
    const before = meaningOf(endpointAssignmentType.decode(encode(assignmentOf('c', [range(0, 3), range(3, 6)]))))
    const changedOne = [istioEndpoint(0), istioEndpoint(1, 9), istioEndpoint(2)]
    const bytes = encode(assignmentOf('c', [changedOne, range(3, 6)]))
    const after = meaningOf(endpointAssignmentType.decode(bytes, before))
    const [first, second] = after.assignment.localities
    const [firstBefore, secondBefore] = before.assignment.localities
    assert.equal(second, secondBefore)
    assert.notEqual(first, firstBefore)
    assert.deepEqual(
      first?.endpoints.map((endpoint, index) => endpoint === firstBefore?.endpoints[index]),
      [true, false, true],
    )
    assert.equal(first?.endpoints[1]?.weight, 9)
  })

  it('finds endpoints again that moved to another place', () => {
    const before = meaningOf(endpointAssignmentType.decode(encode(assignmentOf('c', [range(0, 3), range(3, 6)]))))
    const bytes = encode(assignmentOf('c', [range(0, 6).reverse()]))
    const after = meaningOf(endpointAssignmentType.decode(bytes, before))
    const known = new Set(before.assignment.localities.flatMap(({ endpoints }) => endpoints))
    assert.ok(after.assignment.localities[0]?.endpoints.every((endpoint) => known.has(endpoint)))
  })

  it('changes with its policy alone', () => {
    const assignment = assignmentOf('c', [range(0, 3)])
    const policy = {
      dropOverloads: [],
      overprovisioningFactor: 200,
      endpointStaleAfter: undefined,
      weightedPriorityHealth: true,
    }
    const first = meaningOf(endpointAssignmentType.decode(encode(assignment)))
    const second = meaningOf(endpointAssignmentType.decode(encode({ ...assignment, policy }), first))
    assert.deepEqual([second.assignment.overprovisioningFactor, second.assignment.weightedPriorityHealth], [200, true])
    assert.equal(second.assignment.localities[0], first.assignment.localities[0])
  })

  it('stays the same object when only what is not carried out changed', () => {
    const assignment = assignmentOf('c', [range(0, 2)])
    const before = meaningOf(endpointAssignmentType.decode(encode(assignment)))
    const policy = { dropOverloads: [], endpointStaleAfter: create(Duration), overprovisioningFactor: undefined }
    const next = { ...assignment, policy: { ...policy, weightedPriorityHealth: false } }
    const after = endpointAssignmentType.decode(encode(next), before)
    assert.equal(meaningOf(after).assignment, before.assignment)
    assert.ok(after.kind === 'valid' && after.unsupported.length > 0)
  })
})
