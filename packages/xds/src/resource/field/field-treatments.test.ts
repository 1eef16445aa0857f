import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FieldScope } from './field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT, refusedForHttp } from './field-treatments.js'
import { ResourceReport } from './resource-report.js'
import { ViewReasons } from './view-reasons.js'

interface Message {
  readonly carried: string
  readonly moot: string
  readonly text: string
  readonly number: number
  readonly big: bigint
  readonly flag: boolean
  readonly list: readonly string[]
  readonly map: ReadonlyMap<string, string>
  readonly emptyMessage: object | undefined
  readonly chosen: { readonly $case: 'thisOne'; readonly value: number } | undefined
  readonly consecutive5xx: number | undefined
}

const UNSET: Message = {
  carried: 'x',
  moot: 'x',
  text: '',
  number: 0,
  big: 0n,
  flag: false,
  list: [],
  map: new Map(),
  emptyMessage: undefined,
  chosen: undefined,
  consecutive5xx: undefined,
}

const LEFT_OUT = leftOut('not yet')

const TREATMENTS = new FieldTreatments<Message>({
  carried: CARRIED,
  moot: MOOT,
  text: LEFT_OUT,
  number: LEFT_OUT,
  big: LEFT_OUT,
  flag: LEFT_OUT,
  list: LEFT_OUT,
  map: LEFT_OUT,
  emptyMessage: LEFT_OUT,
  chosen: ({ value }) => (value > 1 ? refusedForHttp('not this one') : MOOT),
  consecutive5xx: LEFT_OUT,
})

function told(message: Message): { readonly fields: readonly string[]; readonly refused: object } {
  const report = new ResourceReport()
  const refusals = ViewReasons.refusals()
  TREATMENTS.apply(FieldScope.root(report).at('parts', 3), message, refusals)
  return { fields: report.unsupported.map(({ field }) => field), refused: refusals.toRefusals() }
}

describe('fields that are not carried out', () => {
  it('are not listed while they are not set', () => {
    assert.deepEqual(told(UNSET), { fields: [], refused: {} })
  })

  it('are listed by their names in the .proto file when they are', () => {
    const message: Message = {
      ...UNSET,
      text: 'x',
      number: 1,
      big: 1n,
      flag: true,
      list: ['x'],
      map: new Map([['k', 'v']]),
      emptyMessage: {},
      consecutive5xx: 0.5,
    }
    const names = ['text', 'number', 'big', 'flag', 'list', 'map', 'empty_message', 'consecutive_5xx']
    assert.deepEqual(
      told(message).fields,
      names.map((name) => `parts[3].${name}`),
    )
  })

  it('are judged by their value, a member of a oneof by its own name', () => {
    assert.deepEqual(told({ ...UNSET, chosen: { $case: 'thisOne', value: 1 } }), { fields: [], refused: {} })
    assert.deepEqual(told({ ...UNSET, chosen: { $case: 'thisOne', value: 2 } }), {
      fields: ['parts[3].this_one'],
      refused: { http: 'not this one' },
    })
  })
})

describe('a report', () => {
  it('stays of a size to send, and says that there is more', () => {
    const report = new ResourceReport()
    for (let index = 0; index < 3000; index++) {
      const scope = FieldScope.root(report).at('x', index)
      scope.malformed('bad')
      scope.unsupported('no')
    }
    assert.equal(report.errors.length, 1001)
    assert.match(report.errors.at(-1)!.message, /more errors/)
    assert.equal(report.unsupported.length, 1001)
    assert.match(report.unsupported.at(-1)!.reason, /more unsupported/)
  })

  it('names a map entry by its key', () => {
    const report = new ResourceReport()
    FieldScope.root(report).at('typed_per_filter_config', 'a"b').at('delay').malformed('bad')
    assert.equal(report.errors[0]?.field, 'typed_per_filter_config["a\\"b"].delay')
  })
})
