/** One byte that says whether the message is compressed, and four for its length. */
const FRAME_HEAD = 5

/** Wire key of field 1 as length-delimited, and as a number. */
const SERVICE_KEY = 0x0a
const STATUS_KEY = 0x08

/** `HealthCheckResponse.SERVING`. */
const SERVING = 1

/**
 * @param service - Name of the service to ask for.
 * @returns a framed `grpc.health.v1.HealthCheckRequest`.
 */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([SERVICE_KEY, ...varint(name.length)]), name])
  const head = Buffer.alloc(FRAME_HEAD)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/**
 * @param response - A framed `grpc.health.v1.HealthCheckResponse`.
 * @returns whether its status is SERVING. The message has this field only, and fields of later versions stand behind it.
 */
export function readsServing(response: Buffer): boolean {
  return (
    response.length >= FRAME_HEAD + 2 && response[FRAME_HEAD] === STATUS_KEY && response[FRAME_HEAD + 1] === SERVING
  )
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}
