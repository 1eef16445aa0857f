import { tagOf, WIRE, WireCursor, WireWriter } from '@inmesh/core'

/** One byte that says whether the message is compressed, and four for its length. */
const FRAME_HEAD = 5

/** Fields of `HealthCheckRequest` and `HealthCheckResponse`. */
const SERVICE = 1
const STATUS_TAG = tagOf(1, WIRE.varint)

/** `HealthCheckResponse.SERVING`. */
const SERVING = 1

/**
 * @param service - Name of the service to ask for.
 * @returns a framed `grpc.health.v1.HealthCheckRequest`.
 */
export function healthRequest(service: string): Buffer {
  const message = new WireWriter()
  if (service !== '') message.text(SERVICE, service)
  const bytes = message.finish()
  const head = Buffer.alloc(FRAME_HEAD)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/**
 * @param response - A framed `grpc.health.v1.HealthCheckResponse`.
 * @returns whether its status is SERVING.
 */
export function readsServing(response: Buffer): boolean {
  const cursor = new WireCursor(response, FRAME_HEAD)
  let status = 0
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    if (tag === STATUS_TAG) status = cursor.varint()
    else cursor.skip(tag % 8)
  }
  return !cursor.isBroken && status === SERVING
}
