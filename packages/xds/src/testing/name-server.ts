import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import type { TestContext } from 'node:test'

/** An address with the seconds for which it holds. */
export type NamedAddress = readonly [address: string, ttlSeconds: number]

/** What a server says of a name: addresses of both kinds, that there is no such name, that it cannot tell, or nothing at all. */
export type NameEntry = readonly NamedAddress[] | 'no such name' | 'broken' | 'silent'

const HEADER_BYTES = 12
const TYPE_A = 1
const TYPE_AAAA = 28
const RESPONSE_WITH_RECURSION = 0x8180
const SERVFAIL = 2
const NXDOMAIN = 3

/**
 * Starts a DNS server (RFC 1035) on loopback that knows a few names, and ends it with the test.
 *
 * @param context - The test.
 * @param names - What there is to say of which names; of any other it says that there is no such name.
 * @returns its `host:port`.
 */
export async function startNameServer(
  context: TestContext,
  names: Readonly<Record<string, NameEntry>>,
): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = answerTo(query, names)
    if (answer !== undefined) socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  context.after(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

function answerTo(query: Buffer, names: Readonly<Record<string, NameEntry>>): Buffer | undefined {
  const { name, type, end } = readQuestion(query)
  const entry = names[name] ?? 'no such name'
  if (entry === 'silent') return undefined
  const addresses = typeof entry === 'string' ? [] : entry.filter(([address]) => typeOf(address) === type)
  const header = Buffer.alloc(HEADER_BYTES)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(
    RESPONSE_WITH_RECURSION | (entry === 'broken' ? SERVFAIL : 0) | (entry === 'no such name' ? NXDOMAIN : 0),
    2,
  )
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...addresses.map(record)])
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function record([address, ttlSeconds]: NamedAddress): Buffer {
  const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
  const head = Buffer.alloc(12)
  // The name is that of the question.
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
  head.writeUInt16BE(typeOf(address), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(ttlSeconds, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function typeOf(address: string): number {
  return isIPv4(address) ? TYPE_A : TYPE_AAAA
}

/** Of an address with at most one `::`. */
function ipv6Bytes(address: string): Buffer {
  const [before = '', after = ''] = address.split('::')
  const [head, tail] = [before, after].map((part) => part.split(':').filter((group) => group !== ''))
  const groups = [...head!, ...Array<string>(8 - head!.length - tail!.length).fill('0'), ...tail!]
  const bytes = Buffer.alloc(16)
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  return bytes
}
