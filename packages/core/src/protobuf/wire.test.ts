import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bufferOver, tagOf, WIRE, WireCursor } from './wire-cursor.js'
import { WireWriter } from './wire-writer.js'

const WRITTEN = new WireWriter().text(1, 'größe').varint(2, 0).varint(3, 9_999_999_999).finish()

test('what is written is read back: texts in UTF-8, numbers beyond 32 bits', () => {
  const cursor = new WireCursor(WRITTEN)
  assert.equal(cursor.varint(), tagOf(1, WIRE.delimited))
  assert.equal(cursor.text(cursor.enter()), 'größe')
  assert.deepEqual([cursor.varint(), cursor.varint()], [tagOf(2, WIRE.varint), 0])
  assert.deepEqual([cursor.varint(), cursor.varint()], [tagOf(3, WIRE.varint), 9_999_999_999])
  assert.deepEqual([cursor.isAtEnd, cursor.isBroken], [true, false])
})

test('the bytes are those of the encoding of Protocol Buffers', () => {
  // Its page "Encoding": field 1 with 150, field 2 with "testing".
  assert.equal(new WireWriter().varint(1, 150).finish().toString('hex'), '089601')
  assert.equal(new WireWriter().text(2, 'testing').finish().toString('hex'), '120774657374696e67')
})

test('a message within a message ends where its length says, and fields of every kind are passed over', () => {
  const double = Buffer.alloc(8)
  double.writeDoubleLE(0.25)
  const inner = Buffer.concat([Buffer.from([tagOf(1, WIRE.fixed64)]), double])
  const fixed32 = Buffer.from([tagOf(9, WIRE.fixed32), 1, 2, 3, 4])
  const bytes = Buffer.concat([fixed32, Buffer.from([tagOf(2, WIRE.delimited), inner.length]), inner, WRITTEN])
  const cursor = new WireCursor(bytes)
  cursor.skip(cursor.varint() % 8)
  assert.equal(cursor.varint(), tagOf(2, WIRE.delimited))
  const message = cursor.message()
  assert.equal(message.varint(), tagOf(1, WIRE.fixed64))
  assert.deepEqual([message.double(), message.isAtEnd, message.isBroken], [0.25, true, false])
  for (let field = 1; field <= 3; field++) cursor.skip(cursor.varint() % 8)
  assert.deepEqual([cursor.isAtEnd, cursor.isBroken], [true, false])
})

test('bytes that are no message break the cursor at their end', () => {
  const broken = (...bytes: number[]): boolean => {
    const cursor = new WireCursor(bufferOver(Uint8Array.from(bytes)))
    while (!cursor.isAtEnd) cursor.skip(cursor.varint() % 8)
    return cursor.isBroken
  }
  assert.equal(broken(0x08, 0x01), false)
  // A number without an end, one that is too long, a length beyond the end, a number cut off, a group.
  assert.ok(broken(0x08, 0x80))
  assert.ok(broken(0x08, ...Array.from({ length: 11 }, () => 0x80), 0))
  assert.ok(broken(0x0a, 5, 1))
  assert.ok(broken(0x09, 1, 2, 3))
  assert.ok(broken(0x0b))
  const short = new WireCursor(Buffer.from([1, 2]))
  assert.deepEqual([short.double(), short.isBroken], [0, true])
})
