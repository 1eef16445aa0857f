import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMeshConfig } from '../read/mesh-config-reader.js'
import {
  catalogText,
  configOf,
  destinationRuleText,
  errorsOf,
  jsonOf,
  virtualServiceText,
  warningsOf,
} from '../testing/mesh-text.js'

describe('errors in a file', () => {
  it('name file, line and field, in the message and as data', () => {
    const text = virtualServiceText('  - timeout: 5 seconds\n    route: [{ destination: { host: catalog } }]')
    const result = readMeshConfig([{ path: 'mesh/catalog.yaml', text }])
    assert.equal(result.kind, 'refused')
    const [error, ...rest] = result.kind === 'refused' ? result.errors : []
    assert.deepEqual(rest, [])
    assert.equal(error?.code, 'ERR_INMESH_CONFIG_FILE')
    assert.deepEqual(error?.place, { file: 'mesh/catalog.yaml', line: 8, field: 'spec.http[0].timeout' })
    assert.equal(
      error?.message,
      'mesh/catalog.yaml:8 spec.http[0].timeout: must be a duration such as 500ms, 2.5s or 1h30m',
    )
  })

  it('are all reported, of all files', () => {
    const errors = errorsOf(
      virtualServiceText('  - timeout: 5\n    retries: { attempts: -1 }\n    route: [{ destination: {} }]'),
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: edge }\n',
      'a: [1, 2',
    )
    assert.deepEqual(
      errors.map((error) => error.split(': ')[0]),
      [
        'mesh/1.yaml:10 spec.http[0].route[0].destination',
        'mesh/1.yaml:8 spec.http[0].timeout',
        'mesh/1.yaml:9 spec.http[0].retries.attempts',
        'mesh/2.yaml:2 kind',
        'mesh/3.yaml:1',
      ],
    )
  })

  it('include fields that are not known, with their line', () => {
    const text = virtualServiceText('  - timeOut: 5s\n    route: [{ destination: { host: catalog } }]')
    assert.deepEqual(errorsOf(text), ['mesh/1.yaml:8 spec.http[0].timeOut: is not a known field'])
  })

  it('name the kind that is not read', () => {
    const [error = ''] = errorsOf('apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: a }\n')
    assert.match(
      error,
      /^mesh\/1\.yaml:2 kind: PeerAuthentication of security\.istio\.io\/v1 is not a kind that is read/,
    )
  })

  it('include values of the wrong type', () => {
    const text = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: 7 }
spec:
  hosts: catalog
  resolution: SOMEHOW
  ports:
  - { name: http, number: 70000 }
  - { name: http, number: "80" }
  endpoints: [{ address: nowhere.example }]
`
    assert.deepEqual(errorsOf(text), [
      'mesh/1.yaml:4 metadata.name: must be a string: put it in quotes',
      'mesh/1.yaml:7 spec.resolution: must be one of NONE, STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS',
      'mesh/1.yaml:6 spec.hosts: must be a list',
      'mesh/1.yaml:6 spec.hosts: must name at least one host',
      'mesh/1.yaml:11 spec.endpoints[0].address: must be an IP address',
      'mesh/1.yaml:9 spec.ports[0].number: must be from 1 to 65535',
      'mesh/1.yaml:10 spec.ports[1].number: must be a number',
      'mesh/1.yaml:10 spec.ports[1]: port 0 is listed twice',
      'mesh/1.yaml:10 spec.ports[1]: the name http is used twice',
    ])
  })

  it('include keys that are written twice, and other errors of YAML', () => {
    const [error = ''] = errorsOf('apiVersion: a\nkind: b\nkind: c\n')
    assert.match(error, /^mesh\/1\.yaml:3: /)
  })

  it('include regular expressions that are not RE2', () => {
    const text = virtualServiceText(
      '  - match: [{ uri: { regex: "(?=x)" } }]\n    route: [{ destination: { host: catalog } }]',
    )
    const [error = ''] = errorsOf(text)
    assert.match(error, /^mesh\/1\.yaml:8 spec\.http\[0\]\.match\[0\]\.uri\.regex: not a valid RE2 expression/)
  })
})

describe('settings that secure calls', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['TLS of a DestinationRule', destinationRuleText('  trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }\n')],
    [
      'TLS of one port',
      destinationRuleText(
        '  trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: SIMPLE } }] }\n',
      ),
    ],
    [
      'names to verify',
      catalogText.replace('spec:', 'spec:\n  subjectAltNames: [spiffe://cluster.local/ns/shop/sa/a]'),
    ],
    [
      'a route for callers with a claim',
      virtualServiceText(
        '  - match: [{ headers: { "@request.auth.claims.admin": { exact: "1" } } }]\n    route: [{ destination: { host: a } }]',
      ),
    ],
    ['a rule for some workloads', destinationRuleText('  workloadSelector: { matchLabels: { app: a } }\n')],
  ]
  for (const [what, text] of refused) {
    it(`refuse the file rather than being left out: ${what}`, () => {
      assert.match(errorsOf(text).join('\n'), /not supported yet/)
    })
  }

  it('are taken where they say what is done anyway: plaintext', () => {
    assert.deepEqual(errorsOf(destinationRuleText('  trafficPolicy: { tls: { mode: DISABLE } }\n')), [])
  })
})

describe('settings that are valid but not carried out', () => {
  it('are taken with a warning that names file, line, field and reason', () => {
    const text = destinationRuleText(
      '  trafficPolicy:\n    connectionPool:\n      tcp: { tcpKeepalive: { time: 5s } }\n',
    )
    assert.deepEqual(warningsOf(text), [
      'mesh/1.yaml:9 spec.trafficPolicy.connectionPool.tcp.tcpKeepalive: is not carried out: the limits of a connection are',
    ])
  })

  it('include names that only a request tells', () => {
    const [warning = ''] = warningsOf(catalogText.replace('resolution: STATIC', 'resolution: DYNAMIC_DNS'))
    assert.match(warning, /^mesh\/1\.yaml:7 spec\.resolution: .*the service has no endpoints$/)
  })

  it('include half host names, which would apply to nobody', () => {
    const text = virtualServiceText('  - route: [{ destination: { host: catalog } }]').replace(
      'hosts: [catalog]',
      'hosts: [catalog.shop]',
    )
    const [warning = ''] = warningsOf(text)
    assert.match(
      warning,
      /spec\.hosts\[0\]: catalog\.shop is taken as a full host name; .*catalog\.shop\.svc\.cluster\.local$/,
    )
  })
})

describe('files that do not fit together', () => {
  const route = '  - route: [{ destination: { host: catalog, subset: v3 } }]'

  it('are refused where a route names a subset that no rule declares', () => {
    assert.deepEqual(errorsOf(virtualServiceText(route), destinationRuleText()), [
      'mesh/1.yaml:8 spec.http[0].route[0].destination.subset: no DestinationRule for catalog.shop.svc.cluster.local declares the subset v3',
    ])
    assert.deepEqual(errorsOf(virtualServiceText(route), destinationRuleText().replace('name: v2', 'name: v3')), [])
  })

  it('are refused where a host has two VirtualServices, naming both files', () => {
    const one = virtualServiceText('  - route: [{ destination: { host: catalog } }]')
    const other = one.replace('name: catalog', 'name: other').replace('[catalog]', '[catalog.shop.svc.cluster.local]')
    assert.deepEqual(errorsOf(one, other), [
      'mesh/2.yaml:6 spec.hosts[0]: catalog.shop.svc.cluster.local already has a VirtualService in mesh/1.yaml:6 spec.hosts[0]',
    ])
    assert.deepEqual(
      errorsOf(
        one.replace('spec:', 'spec:\n  exportTo: ["."]'),
        other.replace('namespace: shop', 'namespace: front').replace('spec:', 'spec:\n  exportTo: ["."]'),
      ),
      [],
    )
  })

  it('are refused where a host has two ServiceEntries or two DestinationRules, or a name is used twice', () => {
    assert.deepEqual(errorsOf(catalogText, catalogText, destinationRuleText(), destinationRuleText()), [
      'mesh/2.yaml:2 metadata.name: ServiceEntry shop/catalog is already in mesh/1.yaml:2',
      'mesh/4.yaml:2 metadata.name: DestinationRule shop/catalog is already in mesh/3.yaml:2',
      'mesh/2.yaml:6 spec.hosts[0]: catalog.shop.svc.cluster.local already has a ServiceEntry in mesh/1.yaml:6 spec.hosts[0]',
      'mesh/4.yaml:6 spec.host: catalog.shop.svc.cluster.local already has a DestinationRule of this namespace in mesh/3.yaml:6 spec.host',
    ])
  })
})

describe('xDS written directly', () => {
  const cluster = `
"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
name: outbound|80||catalog.shop.svc.cluster.local
type: EDS
lb_policy: RANDOM
`

  it('takes the place of a translated resource of the same type and name', () => {
    const config = configOf(catalogText, cluster)
    const json = jsonOf(config, 'CDS', 'outbound|80||catalog.shop.svc.cluster.local')
    assert.deepEqual(json, {
      name: 'outbound|80||catalog.shop.svc.cluster.local',
      type: 'EDS',
      lbPolicy: 'RANDOM',
    })
  })

  it('is read from JSON, alone or as a discovery response', () => {
    const response = {
      versionInfo: '1',
      resources: [
        { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name: 'a' },
        { '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment', clusterName: 'a' },
      ],
    }
    const config = configOf(JSON.stringify(response))
    assert.deepEqual(jsonOf(config, 'CDS', 'a'), { name: 'a' })
    assert.deepEqual(jsonOf(config, 'EDS', 'a'), { clusterName: 'a' })
  })

  it('is refused with file, line and field', () => {
    assert.deepEqual(errorsOf(`${cluster}connect_timeout: soon\n`), [
      'mesh/1.yaml:6 connect_timeout: expected a duration such as "1.5s", got "soon"',
    ])
    assert.match(errorsOf(`${cluster}conect_timeout: 1s\n`).join(), /^mesh\/1\.yaml:6 conect_timeout: unknown field/)
    const nested = 'resources:\n- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\n  name: a\n  typ: EDS\n'
    assert.match(errorsOf(nested).join(), /^mesh\/1\.yaml:4 resources\[0\]\.typ: unknown field/)
  })

  it('is refused when it has no name, a name that is taken, or a type that nobody asks for', () => {
    assert.match(errorsOf('"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\n').join(), /has no name$/)
    assert.match(errorsOf(cluster, cluster).join(), /^mesh\/2\.yaml:2: the resource .* is already in mesh\/1\.yaml:2$/)
    const secret = '"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\nname: a\n'
    assert.match(errorsOf(secret).join(), /^mesh\/1\.yaml:1 @type: must be one of /)
  })
})

it('reads several documents of a file, and passes over empty ones', () => {
  const config = configOf(`---\n---\n${catalogText}---\n# nothing\n---\n${destinationRuleText()}`)
  assert.deepEqual(
    config.declared.map(({ kind, name }) => `${kind} ${name}`),
    ['ServiceEntry shop/catalog', 'DestinationRule shop/catalog'],
  )
})

it('takes values that are shared by an alias', () => {
  const config = configOf(
    catalogText,
    virtualServiceText(`
  - match: [{ uri: { prefix: /a } }]
    route: &both
    - { destination: { host: catalog, port: { number: 80 } }, weight: 1 }
    - { destination: { host: other }, weight: 1 }
  - route: *both
`),
  )
  const [first, second] = config.virtualServices[0]?.http.map(({ action }) => action) ?? []
  assert.ok(first?.kind === 'forward' && second?.kind === 'forward')
  assert.equal(second.destinations.length, 2)
  assert.deepEqual(
    second.destinations.map(({ destination }) => destination.host),
    first.destinations.map(({ destination }) => destination.host),
  )
})
