import type { Fault } from './failing-upstream-process.js'

/** What one of the replicas suffers from. */
export interface FailureScenario {
  /** In words, after "one of three replicas". */
  readonly what: string
  /** What the replicas speak. */
  readonly protocol: 'http' | 'http2'
  /** Signal to its process. */
  readonly signal?: NodeJS.Signals
  /** What it does from then on. */
  readonly fault?: Fault
  /** The requests. */
  readonly request: { readonly method: 'GET' | 'PUT'; readonly body?: Buffer }
}

/** The service, as its callers know it. */
export const ORIGIN = 'http://shop.test'

/** Milliseconds that a request may take, with the mesh and without. */
export const TOTAL_MS = 3000

const GET = { method: 'GET' } as const
// Much more than a replica that does not read takes from its socket.
const PUT = { method: 'PUT', body: Buffer.alloc(256 << 10, 'x') } as const

/** All of them; every request may be repeated. */
export const SCENARIOS: readonly FailureScenario[] = [
  { what: 'is killed (SIGKILL)', protocol: 'http', signal: 'SIGKILL', request: GET },
  { what: 'is stopped (SIGSTOP)', protocol: 'http', signal: 'SIGSTOP', request: GET },
  { what: 'resets what it accepts (RST)', protocol: 'http', fault: 'reset', request: GET },
  { what: 'reads no bodies any more', protocol: 'http', fault: 'slow-reader', request: PUT },
  { what: 'is silent on its connections (half-open)', protocol: 'http', fault: 'half-open', request: GET },
  { what: 'accepts and never answers (black hole)', protocol: 'http', fault: 'black-hole', request: GET },
  { what: 'sends GOAWAY after five requests (h2c)', protocol: 'http2', fault: 'goaway', request: GET },
]

/** What the mesh is told: repeat, and leave alone who fails. */
export function meshFiles({ protocol }: FailureScenario, ports: readonly number[]): readonly [string, string][] {
  const name = 'outbound|80||shop.test'
  const lbEndpoints = ports.map((portValue) => ({
    endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } },
  }))
  const http2 = {
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
  }
  const check = { timeout: '0.7s', interval: '0.2s', unhealthyThreshold: 2, healthyThreshold: 1 }
  const cluster = {
    '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
    name,
    type: 'STATIC',
    connectTimeout: '0.7s',
    loadAssignment: { clusterName: name, endpoints: [{ loadBalancingWeight: 1, lbEndpoints }] },
    outlierDetection: { consecutive5xx: 3, interval: '0.5s', baseEjectionTime: '30s', maxEjectionPercent: 50 },
    circuitBreakers: { thresholds: [{ maxRetries: 1000 }] },
    ...(protocol === 'http2' ? http2 : { healthChecks: [{ ...check, httpHealthCheck: { path: '/' } }] }),
  }
  const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: shop, namespace: shop }
spec:
  hosts: [shop.test]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: shop }
spec:
  hosts: [shop.test]
  http:
    - route: [{ destination: { host: shop.test } }]
      timeout: ${TOTAL_MS}ms
      retries: { attempts: 3, perTryTimeout: 700ms, retryOn: '5xx,reset,connect-failure,refused-stream' }
`
  return [
    ['shop.yaml', service],
    ['cluster.json', JSON.stringify(cluster)],
  ]
}
