import * as grpc from '@grpc/grpc-js'
import type { Carrier, Connectivity, Endpoint } from '@inmesh/core'

/** Where connectivity is reported. */
export type ConnectivityReport = (endpoint: Endpoint, connectivity: Connectivity, reason: string) => void

/** Connects ahead, one channel for each endpoint, for calls that are decided by gRPC's rules. */
export class GrpcCarrier implements Carrier {
  readonly view = 'grpc'
  readonly connects = 'ahead'
  /** Set once there is somebody to tell. */
  report: ConnectivityReport = () => {}
  /** Told of connections that are given up. */
  released: (endpoint: Endpoint) => void = () => {}

  connect(endpoint: Endpoint): void {
    const channel = this.client(endpoint).getChannel()
    this.#follow(endpoint, channel, channel.getConnectivityState(true))
  }

  release(endpoint: Endpoint): void {
    const client = endpoint.grpcConnections as grpc.Client | undefined
    endpoint.grpcConnections = undefined
    if (client === undefined) return
    client.close()
    this.released(endpoint)
  }

  removed(endpoint: Endpoint): void {
    this.release(endpoint)
  }

  /** The client of an endpoint. */
  client(endpoint: Endpoint): grpc.Client {
    let client = endpoint.grpcConnections as grpc.Client | undefined
    if (client === undefined) {
      client = new grpc.Client(`${endpoint.host}:${endpoint.port}`, grpc.credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 200,
      })
      endpoint.grpcConnections = client
    }
    return client
  }

  #follow(endpoint: Endpoint, channel: grpc.ChannelInterface, known: grpc.connectivityState): void {
    const { READY, CONNECTING, TRANSIENT_FAILURE, IDLE } = grpc.connectivityState
    // What was given up is closed, and tells of that too.
    const isInUse = () => (endpoint.grpcConnections as grpc.Client | undefined)?.getChannel() === channel
    channel.watchConnectivityState(known, Number.POSITIVE_INFINITY, () => {
      if (!isInUse()) return
      const state = channel.getConnectivityState(false)
      if (state === READY) this.report(endpoint, 'ready', '')
      else if (state === CONNECTING) this.report(endpoint, 'connecting', '')
      else if (state === TRANSIENT_FAILURE) this.report(endpoint, 'failed', `no connection to ${endpoint.key}`)
      // Whoever hears that it is idle asks for a connection, which follows it anew.
      else if (state === IDLE) return this.report(endpoint, 'idle', '')
      if (isInUse()) this.#follow(endpoint, channel, state)
    })
  }
}
