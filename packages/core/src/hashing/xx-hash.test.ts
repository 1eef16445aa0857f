import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8ByteString } from './byte-string.js'
import { MurmurHash64 } from './murmur-hash.js'
import { Word64 } from './word64.js'
import { XxHash64 } from './xx-hash.js'

function hex({ high, low }: Word64): string {
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

/** The bytes that the reference implementation of xxHash tests itself with. */
function sanityBuffer(length: number): string {
  let generator = 2_654_435_761n
  let bytes = ''
  for (let index = 0; index < length; index++) {
    bytes += String.fromCharCode(Number(generator >> 56n))
    generator = BigInt.asUintN(64, generator * 11_400_714_785_074_694_797n)
  }
  return bytes
}

// xxHash's own table of checks (tests/sanity_test.c of its repository), with and without its seed.
const SANITY: readonly (readonly [number, number, string])[] = [
  [0, 0, 'ef46db3751d8e999'],
  [0, 2_654_435_761, 'ac75fda2929b17ef'],
  [1, 0, 'e934a84adb052768'],
  [1, 2_654_435_761, '5014607643a9b4c3'],
  [4, 0, '9136a0dca57457ee'],
  [14, 0, '8282dcc4994e35c8'],
  [14, 2_654_435_761, 'c3bd6bf63deb6df0'],
  [222, 0, 'b641ae8cb691c174'],
  [222, 2_654_435_761, '20cb8ab7ae10c14a'],
]

for (const [length, seed, expected] of SANITY) {
  test(`XXH64 of ${length} bytes with seed ${seed} is that of the reference`, () => {
    assert.equal(hex(new XxHash64().hash(sanityBuffer(length), seed)), expected)
  })
}

test('XXH64 of text is that which Envoy tests for', () => {
  const hasher = new XxHash64()
  assert.equal(BigInt(`0x${hex(hasher.hash('foo'))}`), 3_728_699_739_546_630_719n)
  assert.equal(BigInt(`0x${hex(hasher.hash('bar'))}`), 5_234_164_152_756_840_025n)
  assert.equal(BigInt(`0x${hex(hasher.hash('foo\nbar'))}`), 8_917_841_378_505_826_757n)
  assert.equal(BigInt(`0x${hex(hasher.hash('lyft'))}`), 4_400_747_396_090_729_504n)
})

test('text beyond ASCII is hashed by its UTF-8 bytes', () => {
  assert.equal(utf8ByteString('shop-1'), 'shop-1')
  assert.equal(utf8ByteString('Größe 靴'), Buffer.from('Größe 靴', 'utf8').toString('latin1'))
})

test('the remainder of a hash is exact for every half', () => {
  const word = new Word64()
  for (const [high, low] of [
    [0xffff_ffff, 0xffff_ffff],
    [0x8000_0000, 1],
    [0, 0xffff_fffe],
  ] as const) {
    word.set(high, low)
    for (const divisor of [1, 65_537, 5_000_011]) {
      const expected = ((BigInt(high) << 32n) | BigInt(low)) % BigInt(divisor)
      assert.equal(BigInt(word.modulo(divisor)), expected)
    }
  }
})

test('MurmurHash64A of text is that which Envoy tests for', () => {
  const hasher = new MurmurHash64()
  assert.equal(BigInt(`0x${hex(hasher.hash('foo'))}`), 9_631_199_822_919_835_226n)
  assert.equal(BigInt(`0x${hex(hasher.hash('bar'))}`), 11_474_628_671_133_349_555n)
  assert.equal(BigInt(`0x${hex(hasher.hash('foo\nbar'))}`), 16_306_510_975_912_980_159n)
})
