import type { PortedTrafficPolicy, RetryBudget, TrafficPolicy } from '../model/traffic-policy.js'
import { readFields, type YamlFields } from '../read/yaml-fields.js'
import { readConnectionPool } from './connection-pool.js'
import { readLoadBalancer } from './load-balancer.js'
import { readOutlierDetection } from './outlier-detection.js'

/** Reads a TrafficPolicy with its `portLevelSettings`. */
export function readTrafficPolicy(fields: YamlFields): PortedTrafficPolicy {
  const ports = new Map<number, TrafficPolicy>()
  for (const item of fields.items('portLevelSettings')) {
    readFields(item, (entry) => {
      const number = entry.fields('port', (port) => port.require('number')?.integer({ min: 1, max: 65_535 }))
      if (number === undefined) entry.require('port')
      else if (ports.has(number)) item.fail(`port ${number} is listed twice`)
      const policy = readPolicy(entry)
      if (number !== undefined) ports.set(number, policy)
    })
  }
  fields.refuse(['tunnel', 'proxyProtocol'], 'is not supported yet, and calls without it would go astray')
  return { ...readPolicy(fields), ports }
}

function readPolicy(fields: YamlFields): TrafficPolicy {
  refuseTls(fields)
  const loadBalancer = fields.fields('loadBalancer', readLoadBalancer)
  const connectionPool = fields.fields('connectionPool', readConnectionPool)
  const outlierDetection = fields.fields('outlierDetection', readOutlierDetection)
  const retryBudget = fields.fields('retryBudget', readRetryBudget)
  return {
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    ...(connectionPool === undefined ? {} : { connectionPool }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(retryBudget === undefined ? {} : { retryBudget }),
  }
}

// A rule that asks for TLS and is served without it would send in plaintext what was to be encrypted.
function refuseTls(fields: YamlFields): void {
  fields.fields('tls', (tls) => {
    const mode = tls.oneOf('mode', ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'])
    tls.skip(
      'clientCertificate',
      'privateKey',
      'caCertificates',
      'caCrl',
      'credentialName',
      'subjectAltNames',
      'sni',
      'insecureSkipVerify',
    )
    if (mode !== undefined && mode !== 'DISABLE') {
      tls.get('mode')?.fail(`${mode} is not supported yet, and without it calls would go out in plaintext`)
    }
  })
}

function readRetryBudget(fields: YamlFields): RetryBudget {
  const percent = fields.get('percent')?.number({ min: 0, max: 100 })
  const minRetryConcurrency = fields.integer('minRetryConcurrency', { min: 0, max: 0xffff_ffff })
  fields.notCarriedOut(['budgetInterval'], 'the budget is a share of the requests in flight')
  return {
    ...(percent === undefined ? {} : { percent }),
    ...(minRetryConcurrency === undefined ? {} : { minRetryConcurrency }),
  }
}
