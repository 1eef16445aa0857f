import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedBaggage, mergedBaggage, parseBaggage } from './baggage.js'

const members = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`)

test('baggage within the limits is passed on to the letter', () => {
  for (const value of ['a=1', ' a = 1 ;p , b=%20', 'not baggage', members(64).join(','), `a=${'x'.repeat(8190)}`]) {
    assert.equal(boundedBaggage(value), value)
  }
})

test('of more than 64 members the first 64 are passed on', () => {
  assert.equal(boundedBaggage(members(70).join(', ')), members(64).join(','))
})

test('of more than 8192 bytes the members are passed on that fit', () => {
  assert.equal(boundedBaggage(`a=1,big=${'x'.repeat(8192)},b=2`), 'a=1,b=2')
  const exact = `big=${'x'.repeat(8184)}`
  assert.equal(boundedBaggage(`${exact},c=3,d=4`), `${exact},c=3`)
})

test("a call's own members go before those of its request", () => {
  assert.equal(mergedBaggage('tier=gold;own', 'user=7,tier=free, region=eu'), 'tier=gold;own,user=7,region=eu')
  assert.equal(mergedBaggage('a=1', ' a =2'), 'a=1')
  const many = members(64).join(',')
  assert.equal(mergedBaggage(many, 'other=1'), many)
})

test('baggage is read by name, decoded, without properties', () => {
  assert.deepEqual(
    [...parseBaggage('user = 7 , name=J%C3%BCrgen;p=1;q, empty=,eq=a=b')],
    [
      ['user', '7'],
      ['name', 'Jürgen'],
      ['empty', ''],
      ['eq', 'a=b'],
    ],
  )
  assert.equal(parseBaggage('a=1,a=2').get('a'), '2')
})

test('members that are none are left out, octets that are no text become the replacement character', () => {
  assert.deepEqual([...parseBaggage('novalue, =1, sp ace=1, (a)=1, __proto__=2')], [['__proto__', '2']])
  assert.deepEqual(
    ['a=%FF', 'a=%', 'a=%zz%41', 'a=%C3%BC%FF'].map((value) => parseBaggage(value).get('a')),
    ['\ufffd', '%', '%zzA', 'ü\ufffd'],
  )
})
