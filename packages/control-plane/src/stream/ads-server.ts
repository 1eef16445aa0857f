import { type MethodDefinition, Server, ServerCredentials } from '@grpc/grpc-js'
import { type Clock, MeshError } from '@inmesh/core'
import { type AdsProtocol, type AdsRequest, deltaProtocol, sotwProtocol } from './ads-protocol.js'
import { type AdsCall, AdsStream, type StreamOwner } from './ads-stream.js'

// A client that is stopped or cut off without a close is taken for gone after the sum of these, and its workload with it.
const keepaliveMs = 20_000
const keepaliveTimeoutMs = 10_000
// A request names what is asked for; a mesh of some ten thousand names stays far below.
const maxRequestBytes = 16 * 1024 * 1024
// How long clients may take to close their connections after their streams ended.
const shutdownMs = 200

/** Address that a server listens on. */
export interface ServerAddress {
  /** Host as given. */
  readonly host: string
  /** Port; 0 for any that is free. */
  readonly port: number
}

/** The gRPC server that carries streams of both protocols. */
export class AdsServer {
  readonly #server: Server
  readonly #clock: Clock

  /**
   * @param owner - Owner of the streams.
   * @param clock - Bounds the shutdown.
   */
  constructor(owner: StreamOwner, clock: Clock) {
    this.#clock = clock
    this.#server = new Server({
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      'grpc.max_receive_message_length': maxRequestBytes,
      'grpc.max_send_message_length': -1,
    })
    this.#server.addService(
      { sotw: method(sotwProtocol), delta: method(deltaProtocol) },
      {
        sotw: (call: AdsCall) => owner.opened(new AdsStream(call, sotwProtocol, owner)),
        delta: (call: AdsCall) => owner.opened(new AdsStream(call, deltaProtocol, owner)),
      },
    )
  }

  /**
   * Listens, without TLS.
   *
   * @param address - Exactly where.
   * @returns the port.
   * @throws MeshError `ERR_INMESH_LISTEN` when the address cannot be had.
   */
  async listen(address: ServerAddress): Promise<number> {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host
    const target = `${host}:${address.port}`
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port)
        else
          reject(new MeshError('ERR_INMESH_LISTEN', `cannot listen on ${target}: ${error.message}`, { cause: error }))
      })
    })
  }

  /** Closes the server when its streams have ended, by force where clients keep their connections. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(shutdownMs, () => this.#server.forceShutdown(), true)
      this.#server.tryShutdown(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}

function method<Request extends AdsRequest, Answer>({
  path,
}: AdsProtocol<Request, Answer>): MethodDefinition<Uint8Array, Uint8Array> {
  const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const asBytes = (bytes: Buffer) => bytes
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: asBuffer,
    requestDeserialize: asBytes,
    responseSerialize: asBuffer,
    responseDeserialize: asBytes,
  }
}
