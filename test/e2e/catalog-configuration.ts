// The configuration of the tests: a catalog in two versions, whose instances register themselves.

/** The service, and its versions by label. Retries are not limited: an instance that dies leaves all its requests to be repeated at once. */
export const catalogService = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: catalog
  namespace: shop
spec:
  hosts: [catalog.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - name: http
      number: 80
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: catalog
  namespace: shop
spec:
  host: catalog
  trafficPolicy:
    connectionPool:
      http:
        maxRetries: 1000
  subsets:
    - name: v1
      labels:
        version: v1
    - name: v2
      labels:
        version: v2
`

/** Shares of the versions, in percent. */
export function catalogSplit(v1: number, v2: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: catalog
  namespace: shop
spec:
  hosts: [catalog]
  http:
    - route:
        - destination:
            host: catalog
            subset: v1
          weight: ${v1}
        - destination:
            host: catalog
            subset: v2
          weight: ${v2}
`
}

/** A read may be sent again whatever became of the first attempt, a write only when no byte of it left. */
export const catalogRetries = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: catalog
  namespace: shop
spec:
  hosts: [catalog]
  http:
    - match:
        - method:
            exact: GET
      route:
        - destination:
            host: catalog
      retries:
        attempts: 3
        retryOn: connect-failure,refused-stream,reset
    - route:
        - destination:
            host: catalog
      retries:
        attempts: 3
        retryOn: connect-failure,refused-stream
`

/** The reviews, which run outside the mesh's registry: their address is listed. */
export function reviewsService(port: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: reviews
  namespace: shop
spec:
  hosts: [reviews.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - name: http
      number: 80
      targetPort: ${port}
  endpoints:
    - address: 127.0.0.1
`
}

/** The catalog with its instances listed by their ports, for a mesh without a control plane. */
export function listedCatalog(ports: readonly number[]): string {
  return listedService('catalog.shop.svc.cluster.local', 80, ports)
}

/** A service with its endpoints listed by their ports on loopback. */
export function listedService(host: string, port: number, ports: readonly number[]): string {
  const endpoints = ports.map((port) => `    - address: 127.0.0.1\n      ports:\n        http: ${port}\n`)
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: listed
  namespace: shop
spec:
  hosts: [${host}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - name: http
      number: ${port}
  endpoints:
${endpoints.join('')}`
}
