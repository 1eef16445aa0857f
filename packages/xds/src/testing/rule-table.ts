import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Refusals } from '@inmesh/core'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import type { DecodedResource, ResourceType } from '../resource/resource-type.js'

const codec = loadJsonCodec()

/** One rule of validation or translation with an input that shows it. */
export interface Rule<Value> {
  /** Unique within its table; stays when rows come and go. */
  readonly id: string
  /** What holds, in a sentence. */
  readonly rule: string
  /** The resource as proto-JSON. */
  readonly input: unknown
  /** What becomes of it, in the words of the table. */
  readonly outcome: string
  /** Fields that are told of, errors or unsupported parts, in order. Default: none. */
  readonly fields?: readonly string[]
  /** A closer look at the value. */
  readonly check?: (value: Value) => void
}

/** The rules of one type of resource. */
export interface RuleTable<Value> {
  /** The type. */
  readonly type: ResourceType<Value>
  /** Says in a word or two what became of a valid resource. `listed` tells whether anything was listed. */
  readonly outcomeOf: (value: Value, listed: boolean) => string
  /** The rows. */
  readonly rules: readonly Rule<Value>[]
}

/** Decodes a resource that is given as proto-JSON. */
export function decodeJson<Value>(type: ResourceType<Value>, json: unknown): DecodedResource<Value> {
  return type.decode(codec.encode(type.typeUrl, json))
}

/** Makes a test of every row. */
export function testRules<Value>({ type, outcomeOf, rules }: RuleTable<Value>): void {
  describe(`rules of ${type.shortName}`, () => {
    it('have ids of their own', () => {
      assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
    })
    for (const { id, rule, input, outcome, fields = [], check } of rules) {
      it(`${id}: ${rule}`, () => {
        const decoded = decodeJson(type, input)
        const told = decoded.kind === 'valid' ? decoded.unsupported : decoded.errors
        assert.deepEqual(
          { outcome: decoded.kind === 'valid' ? outcomeOf(decoded.value, told.length > 0) : 'malformed', fields },
          { outcome, fields: [...new Set(told.map(({ field }) => field))] },
          JSON.stringify(told),
        )
        if (decoded.kind === 'valid') check?.(decoded.value)
      })
    }
  })
}

/** The views that are refused, in words. */
export function refusedViews({ http, grpc }: Refusals): readonly string[] {
  if (http !== undefined && grpc !== undefined) return ['refused']
  return [...(http === undefined ? [] : ['HTTP refused']), ...(grpc === undefined ? [] : ['gRPC refused'])]
}
