import { createRequire } from 'node:module'
import type * as GrpcModule from '@grpc/grpc-js'
import { create, DiscoveryRequest, DiscoveryResponse } from '@inmesh/xds-proto'
import type { ServerConfig } from '../bootstrap/bootstrap.js'
import type { MadeCertificate } from './certificate-maker.js'

const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof GrpcModule

type Call = GrpcModule.ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>

/** A stream as the control plane sees it. */
export class ServedStream {
  /** Every request so far. */
  readonly requests: DiscoveryRequest[] = []
  /** Address and port of the client. */
  readonly peer: string
  /** The `authorization` of the call; empty without. */
  readonly authorization: string
  isOver = false
  readonly #call: Call
  #nonce = 0

  constructor(call: Call) {
    this.#call = call
    this.peer = call.getPeer()
    this.authorization = call.metadata.get('authorization').join()
    call.on('data', (request: DiscoveryRequest) => this.requests.push(request))
    const over = (): void => {
      this.isOver = true
    }
    call.on('end', over)
    call.on('cancelled', over)
    call.on('error', over)
  }

  /** The requests of one type. */
  of(typeUrl: string): DiscoveryRequest[] {
    return this.requests.filter((request) => request.typeUrl === typeUrl)
  }

  /** Sends a response and gives its nonce. */
  respond(typeUrl: string, version: string, resources: readonly Uint8Array[]): string {
    const nonce = `nonce-${++this.#nonce}`
    const anys = resources.map((value) => ({ typeUrl, value }))
    this.#call.write(create(DiscoveryResponse, { typeUrl, versionInfo: version, nonce, resources: anys }))
    return nonce
  }

  /** Closes the stream in good order. */
  end(): void {
    this.#call.end()
    this.isOver = true
  }

  /** Ends the stream with a gRPC status. */
  fail(code: number, details: string): void {
    this.#call.emit('error', { code, details })
  }
}

/** A control plane on loopback that says what the test tells it to. */
export class ScriptedControlPlane {
  readonly streams: ServedStream[] = []
  /** Called with every new stream. */
  onStream: (stream: ServedStream) => void = () => {}
  #server = new grpc.Server()
  #port = 0
  readonly #credentials: GrpcModule.ServerCredentials

  /**
   * @param tls - What it presents, and whose certificates it asks clients for. Default: plaintext.
   */
  constructor(tls?: MadeCertificate & { readonly clientAuthority?: string }) {
    this.#credentials =
      tls === undefined
        ? grpc.ServerCredentials.createInsecure()
        : grpc.ServerCredentials.createSsl(
            tls.clientAuthority === undefined ? null : Buffer.from(tls.clientAuthority),
            [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) }],
            tls.clientAuthority !== undefined,
          )
  }

  /** Listens, on the same port as before if there was one. */
  async start(): Promise<void> {
    this.#server = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
    const method = {
      path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
      requestStream: true,
      responseStream: true,
      requestSerialize: (message: DiscoveryRequest) => Buffer.from(DiscoveryRequest.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => DiscoveryRequest.decode(bytes),
      responseSerialize: (message: DiscoveryResponse) => Buffer.from(DiscoveryResponse.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => DiscoveryResponse.decode(bytes),
    }
    this.#server.addService(
      { StreamAggregatedResources: method },
      {
        StreamAggregatedResources: (call: Call) => {
          const stream = new ServedStream(call)
          this.streams.push(stream)
          this.onStream(stream)
        },
      },
    )
    this.#port = await new Promise<number>((resolve, reject) => {
      const address = `127.0.0.1:${this.#port}`
      this.#server.bindAsync(address, this.#credentials, (error, port) => {
        if (error) reject(error)
        else resolve(port)
      })
    })
  }

  /** Cuts every connection and stops listening. */
  stop(): void {
    this.#server.forceShutdown()
  }

  /** Where it listens, as a bootstrap has it. */
  get config(): ServerConfig {
    const uri = `127.0.0.1:${this.#port}`
    return { uri, target: `dns:///${uri}`, credentials: { type: 'insecure' }, callCredentials: [], features: [] }
  }

  /** The stream that was opened last. */
  get last(): ServedStream {
    const stream = this.streams.at(-1)
    if (stream === undefined) throw new Error('no stream was opened')
    return stream
  }
}
