import type { HealthCheckConfig, HealthProbe, HealthProber, ProbeTarget } from '@inmesh/core'
import { GrpcProbe } from './grpc-probe.js'
import { HttpProbe } from './http-probe.js'
import { TcpProbe } from './tcp-probe.js'

/** Carries out active health checks over sockets of its own: HTTP/1.1, TCP, and gRPC over HTTP/2, all without TLS. */
export class SocketProber implements HealthProber {
  probe(target: ProbeTarget, config: HealthCheckConfig): HealthProbe {
    const { check, reuseConnection } = config
    switch (check.kind) {
      case 'http':
        return new HttpProbe(target, check, reuseConnection)
      case 'tcp':
        return new TcpProbe(target, check)
      case 'grpc':
        return new GrpcProbe(target, check, reuseConnection)
    }
  }
}
