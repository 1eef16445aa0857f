import { createMesh, type Mesh, type MeshOptions } from 'inmesh'
import { ConfigurationDirectory } from '../e2e/configuration-directory.js'
import type { TestScope } from '../support/test-process.js'
import { Upstream } from './upstream.js'

/** The servers of the tests, and a mesh in front of them. */
export class CarrierBench {
  readonly mesh: Mesh
  readonly v1: Upstream
  readonly v2: Upstream
  /** Where copies go. */
  readonly shadow: Upstream
  /** Speaks HTTP/2. */
  readonly h2: Upstream
  /** Listens on the loopback of IPv6, and is no service. */
  readonly six: Upstream

  private constructor(mesh: Mesh, v1: Upstream, v2: Upstream, shadow: Upstream, h2: Upstream, six: Upstream) {
    this.mesh = mesh
    this.v1 = v1
    this.v2 = v2
    this.shadow = shadow
    this.h2 = h2
    this.six = six
  }

  /**
   * @param scope - The suite.
   * @param options - Of the mesh.
   */
  static async start(scope: TestScope, options: MeshOptions = {}): Promise<CarrierBench> {
    const v1 = await Upstream.start(scope, 'v1')
    const v2 = await Upstream.start(scope, 'v2')
    const shadow = await Upstream.start(scope, 'shadow')
    const h2 = await Upstream.start(scope, 'h2', true)
    const six = await Upstream.start(scope, 'six', false, '::1')
    const { path: config } = await ConfigurationDirectory.create(scope, {
      'services.yaml': [
        service('catalog', 'HTTP', [
          [v1.port, 'v1'],
          [v2.port, 'v2'],
        ]),
        service('shadow', 'HTTP', [[shadow.port, 'v1']]),
        service('narrow', 'HTTP', [[v1.port, 'v1']]),
        service('gone', 'HTTP', [[1, 'v1']]),
        service('modern', 'HTTP2', [[h2.port, 'v1']]),
      ].join('---\n'),
      'rules.yaml': rules,
      'routes.yaml': routes,
    })
    const mesh = await createMesh({ config, namespace: 'shop', logLevel: 'silent', ...options })
    scope.after(() => mesh.close({ timeoutMs: 1000 }))
    return new CarrierBench(mesh, v1, v2, shadow, h2, six)
  }
}

function service(
  name: string,
  protocol: string,
  endpoints: readonly (readonly [port: number, version: string])[],
): string {
  const list = endpoints.map(([port, version]) => {
    return `  - { address: 127.0.0.1, ports: { main: ${port} }, labels: { version: ${version} } }\n`
  })
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: main, protocol: ${protocol} }]
  endpoints:
${list.join('')}`
}

const rules = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: catalog, namespace: shop }
spec:
  host: catalog
  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
  - { name: none, labels: { version: none } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: narrow, namespace: shop }
spec:
  host: narrow
  trafficPolicy: { connectionPool: { http: { http2MaxRequests: 1 } } }
`

const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: modern, namespace: shop }
spec:
  hosts: [modern]
  http:
  - match: [{ uri: { prefix: /retried } }]
    retries: { attempts: 2, retryOn: 5xx }
    route: [{ destination: { host: modern } }]
  - route: [{ destination: { host: modern } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  http:
  - match: [{ uri: { prefix: /v2 } }, { headers: { x-user: { exact: tester } } }]
    route: [{ destination: { host: catalog, subset: v2 } }]
  - match: [{ uri: { prefix: /split } }]
    route:
    - { destination: { host: catalog, subset: v1 }, weight: 50 }
    - { destination: { host: catalog, subset: v2 }, weight: 50 }
  - match: [{ uri: { prefix: /old/ } }]
    rewrite: { uri: /new/, authority: products.test }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /moved } }]
    redirect: { uri: /plain, redirectCode: 307 }
  - match: [{ uri: { prefix: /headers } }]
    headers:
      request: { set: { x-set: mesh }, add: { x-add: mesh }, remove: [x-remove] }
      response: { set: { x-set: mesh }, add: { x-add: mesh }, remove: [x-remove] }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /retried } }]
    retries: { attempts: 2, retryOn: 5xx }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /exhausted } }]
    retries: { attempts: 1, retryOn: connect-failure }
    route: [{ destination: { host: gone } }]
  - match: [{ uri: { prefix: /slow } }]
    timeout: 200ms
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /fault } }]
    fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
    route: [{ destination: { host: catalog } }]
  - match: [{ uri: { prefix: /delayed } }]
    fault: { delay: { fixedDelay: 20ms, percentage: { value: 100 } } }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /mirrored } }]
    mirror: { host: shadow }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /empty } }]
    route: [{ destination: { host: catalog, subset: none } }]
  - match: [{ uri: { prefix: /nobody } }]
    retries: { attempts: 0 }
    route: [{ destination: { host: gone } }]
  - match: [{ uri: { prefix: /broken } }]
    retries: { attempts: 0 }
    route: [{ destination: { host: catalog, subset: v1 } }]
  - match: [{ uri: { prefix: /ghost } }]
    route: [{ destination: { host: ghost.shop.svc.cluster.local } }]
  - match: [{ uri: { prefix: /closed } }]
    directResponse: { status: 410, body: { string: gone for good } }
  - match: [{ uri: { prefix: /plain } }]
    route: [{ destination: { host: catalog, subset: v1 } }]
`
