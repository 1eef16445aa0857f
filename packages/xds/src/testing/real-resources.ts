import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import { clusterType } from '../resource/cluster/cluster-type.js'
import { endpointAssignmentType } from '../resource/endpoint/endpoint-assignment-type.js'
import { listenerType } from '../resource/listener/listener-type.js'
import type { ResourceType } from '../resource/resource-type.js'
import { routeConfigurationType } from '../resource/route/route-configuration-type.js'

/** Resources as istiod sent them, kept beside the checkout; there are not always some. */
const dumps = new URL('../../../../../shared/spec/istio-dumps/', import.meta.url)

/** The types that a mesh asks for, in the order in which one leads to the next. */
export const meshTypes: readonly ResourceType<unknown>[] = [
  listenerType,
  routeConfigurationType,
  clusterType,
  endpointAssignmentType,
]

/** A resource of which a test has the bytes. */
export interface RealResource {
  readonly type: ResourceType<unknown>
  readonly name: string
  readonly bytes: Uint8Array
}

interface Dump {
  readonly [section: string]: { readonly resources?: Readonly<Record<string, unknown>> }
}

/** The resources of this file, and those of istiod where they are at hand. */
export function realResources(): readonly RealResource[] {
  const codec = loadJsonCodec()
  const documents: Dump[] = [ownResources]
  if (existsSync(dumps)) {
    for (const file of readdirSync(dumps).filter((name) => name.endsWith('.json'))) {
      documents.push(JSON.parse(readFileSync(new URL(file, dumps), 'utf8')))
    }
  }
  const found = new Map<string, RealResource>()
  for (const document of documents) {
    for (const type of meshTypes) {
      for (const [name, json] of Object.entries(document[type.shortName]?.resources ?? {})) {
        const key = `${type.shortName} ${name}`
        if (!found.has(key)) found.set(key, { type, name, bytes: codec.encode(type.typeUrl, json) })
      }
    }
  }
  return [...found.values()]
}

const types = 'type.googleapis.com/envoy'
const ads = { ads: {}, resourceApiVersion: 'V3' }
const fault = {
  '@type': `${types}.extensions.filters.http.fault.v3.HTTPFault`,
  abort: { httpStatus: 503, percentage: { numerator: 5 } },
  delay: { fixedDelay: '0.1s', percentage: { numerator: 10, denominator: 'TEN_THOUSAND' } },
}

/** One of each type, with as many fields as one resource can have. */
const ownResources: Dump = {
  LDS: {
    resources: {
      'catalog.fuzz:80': {
        name: 'catalog.fuzz:80',
        apiListener: {
          apiListener: {
            '@type': `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
            rds: { configSource: ads, routeConfigName: 'catalog-routes' },
            commonHttpProtocolOptions: { maxStreamDuration: '20s', idleTimeout: '60s' },
            httpFilters: [
              { name: 'fault', typedConfig: fault },
              { name: 'router', typedConfig: { '@type': `${types}.extensions.filters.http.router.v3.Router` } },
            ],
          },
        },
      },
    },
  },
  RDS: {
    resources: {
      'catalog-routes': {
        name: 'catalog-routes',
        virtualHosts: [
          {
            name: 'catalog',
            domains: ['catalog.fuzz', '*.catalog.fuzz', 'catalog.*', '*'],
            typedPerFilterConfig: { fault },
            retryPolicy: { retryOn: '5xx,connect-failure', numRetries: 2, perTryTimeout: '0.5s' },
            routes: [
              {
                name: 'exact',
                match: {
                  path: '/products/7',
                  headers: [
                    { name: 'x-user', stringMatch: { exact: 'jason' } },
                    { name: 'x-number', rangeMatch: { start: '1', end: '10' }, invertMatch: true },
                    { name: 'x-there', presentMatch: true },
                  ],
                  queryParameters: [{ name: 'beta', stringMatch: { prefix: 'y' } }],
                  runtimeFraction: { defaultValue: { numerator: 50, denominator: 'HUNDRED' } },
                },
                route: { cluster: 'catalog-v2', timeout: '3s', prefixRewrite: '/v2' },
                requestHeadersToAdd: [{ header: { key: 'x-added', value: '%PROTOCOL%' } }],
              },
              {
                name: 'regex',
                match: { safeRegex: { regex: '/products/[0-9]+(/reviews)?' }, caseSensitive: false },
                route: {
                  weightedClusters: {
                    clusters: [
                      { name: 'catalog-v1', weight: 90, requestHeadersToRemove: ['x-gone'] },
                      { name: 'catalog-v2', weight: 10, typedPerFilterConfig: { fault } },
                    ],
                  },
                  hashPolicy: [{ header: { headerName: 'x-user' }, terminal: true }],
                  maxStreamDuration: { maxStreamDuration: '5s', grpcTimeoutHeaderMax: '4s' },
                },
              },
              { match: { prefix: '/old' }, redirect: { pathRedirect: '/new', responseCode: 'FOUND' } },
              { match: { prefix: '/' }, directResponse: { status: 404, body: { inlineString: 'nothing here' } } },
            ],
          },
        ],
      },
    },
  },
  CDS: {
    resources: {
      'catalog-v1': {
        name: 'catalog-v1',
        type: 'EDS',
        edsClusterConfig: { edsConfig: ads, serviceName: 'catalog-v1' },
        connectTimeout: '1s',
        lbPolicy: 'RING_HASH',
        ringHashLbConfig: { minimumRingSize: '64', maximumRingSize: '256' },
        circuitBreakers: { thresholds: [{ maxRequests: 100, retryBudget: { budgetPercent: { value: 25 } } }] },
        outlierDetection: { consecutive5xx: 3, interval: '5s', baseEjectionTime: '10s', maxEjectionPercent: 50 },
      },
      'catalog-v2': {
        name: 'catalog-v2',
        type: 'STATIC',
        lbPolicy: 'LEAST_REQUEST',
        leastRequestLbConfig: { choiceCount: 3, slowStartConfig: { slowStartWindow: '10s' } },
        loadAssignment: { clusterName: 'catalog-v2', endpoints: [localityOf(0, '10.0.2.1', '10.0.2.2')] },
      },
    },
  },
  EDS: {
    resources: {
      'catalog-v1': {
        clusterName: 'catalog-v1',
        endpoints: [localityOf(0, '10.0.1.1', '10.0.1.2', 'fd00::1'), localityOf(1, '10.0.1.3')],
        policy: { dropOverloads: [{ category: 'throttle', dropPercentage: { numerator: 1 } }] },
      },
    },
  },
}

function localityOf(priority: number, ...addresses: string[]): object {
  return {
    locality: { region: 'eu', zone: `eu-${priority}` },
    priority,
    loadBalancingWeight: 3,
    lbEndpoints: addresses.map((address) => ({
      endpoint: { address: { socketAddress: { address, portValue: 8080 } }, hostname: 'catalog' },
      healthStatus: 'HEALTHY',
      loadBalancingWeight: 2,
      metadata: { filterMetadata: { 'envoy.lb': { version: 'v1', nested: { list: [1, 'a', null, true] } } } },
    })),
  }
}
