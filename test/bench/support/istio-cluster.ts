const types = 'type.googleapis.com'

/** A cluster as istiod makes one for a sidecar, in proto-JSON: about 2 KB when it is serialized. */
export function istioCluster(service: string): { readonly name: string; readonly [field: string]: unknown } {
  const host = `${service}.demo.svc.cluster.local`
  const name = `outbound|80||${host}`
  return {
    name,
    altStatName: `${name};`,
    type: 'EDS',
    edsClusterConfig: {
      edsConfig: { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' },
      serviceName: name,
    },
    connectTimeout: '10s',
    lbPolicy: 'LEAST_REQUEST',
    circuitBreakers: {
      thresholds: [
        { maxConnections: 4294967295, maxPendingRequests: 4294967295, maxRequests: 4294967295, maxRetries: 4294967295 },
      ],
    },
    outlierDetection: { consecutive5xx: 5, interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 10 },
    commonLbConfig: { localityWeightedLbConfig: {} },
    metadata: {
      filterMetadata: {
        istio: {
          config: `/apis/networking.istio.io/v1/namespaces/demo/destination-rule/${service}`,
          services: [{ host, name: service, namespace: 'demo' }],
        },
      },
    },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': `${types}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
        useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
      },
    },
    transportSocketMatches: [
      {
        name: 'tlsMode-istio',
        match: { tlsMode: 'istio' },
        transportSocket: {
          name: 'envoy.transport_sockets.tls',
          typedConfig: {
            '@type': `${types}/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
            commonTlsContext: {
              tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' },
              tlsCertificateSdsSecretConfigs: [{ name: 'default', sdsConfig: secretSource() }],
              combinedValidationContext: {
                defaultValidationContext: {
                  matchSubjectAltNames: [{ exact: `spiffe://cluster.local/ns/demo/sa/${service}` }],
                },
                validationContextSdsSecretConfig: { name: 'ROOTCA', sdsConfig: secretSource() },
              },
              alpnProtocols: ['istio-peer-exchange', 'istio'],
            },
            sni: `outbound_.80_._.${host}`,
          },
        },
      },
      {
        name: 'tlsMode-disabled',
        match: {},
        transportSocket: {
          name: 'envoy.transport_sockets.raw_buffer',
          typedConfig: { '@type': `${types}/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer` },
        },
      },
    ],
  }
}

function secretSource(): object {
  return {
    apiConfigSource: {
      apiType: 'GRPC',
      transportApiVersion: 'V3',
      grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
      setNodeOnFirstMessageOnly: true,
    },
    initialFetchTimeout: '0s',
    resourceApiVersion: 'V3',
  }
}
