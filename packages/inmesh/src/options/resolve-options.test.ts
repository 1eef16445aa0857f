import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RecordingLogger } from '../testing/recording-logger.js'
import type { Environment } from './environment.js'
import type { MeshOptions } from './mesh-options.js'
import { OPTION_TABLE } from './option-table.js'
import { resolveOptions } from './resolve-options.js'

const config = { config: './mesh' }

function refused(options: MeshOptions, environment: Environment, field: string, ...parts: string[]): void {
  assert.throws(
    () => resolveOptions(options, environment),
    (error: Error & { code?: string; place?: { field?: string } }) => {
      assert.equal(error.code, 'ERR_INMESH_OPTIONS')
      assert.equal(error.place?.field, field)
      for (const part of [`option ${field}`, ...parts]) assert.ok(error.message.includes(part), error.message)
      return true
    },
  )
}

describe('values', () => {
  test('come from the environment, each variable in its notation', () => {
    const settings = resolveOptions(
      {},
      {
        INMESH_SERVICE: 'reviews',
        INMESH_NAMESPACE: 'shop',
        INMESH_VERSION: 'v2',
        INMESH_LABELS: 'tier=gold, team=books',
        INMESH_SERVICE_PORT: '9080',
        INMESH_LOCALITY: 'eu/eu-1/rack-7',
        INMESH_LOCAL_CLUSTER: 'outbound|80||reviews.shop.svc.cluster.local',
        INMESH_INSTANCE_IP: '192.0.2.7',
        INMESH_CONTROL_PLANE: 'localhost:18000',
        INMESH_XDS_PROTOCOL: 'delta',
        INMESH_DELETED_RESOURCES: 'drop',
        INMESH_TRUSTED_NETWORKS: '10.0.0.0/8, ::1',
        INMESH_LOCAL_REPLY: 'throw',
        INMESH_DISCOVERY_TIMEOUT_MS: '250',
        INMESH_LOG_LEVEL: 'silent',
        INMESH_TARGET_NAMING: 'sidecar',
        INMESH_MESH_HOSTS: '*.svc.cluster.local, api.example.com',
        INMESH_UNKNOWN_HOST_TIMEOUT_MS: '300',
        INMESH_BYPASS: 'old.example.com',
        INMESH_OUTBOUND_POLICY: 'registry-only',
        INMESH_OUTBOUND_HOSTS: 'api.example.com, *.vendor.com',
        INMESH_MODE: 'on',
      },
    )
    assert.deepEqual(settings.workload, {
      service: 'reviews',
      namespace: 'shop',
      version: 'v2',
      labels: { tier: 'gold', team: 'books' },
      servicePort: 9080,
      locality: { region: 'eu', zone: 'eu-1', subZone: 'rack-7' },
      instanceIp: '192.0.2.7',
      pod: undefined,
    })
    assert.equal(settings.localCluster, 'outbound|80||reviews.shop.svc.cluster.local')
    assert.equal(settings.xdsProtocol, 'delta')
    assert.equal(settings.deletedResources, 'drop')
    assert.equal(settings.localReply, 'throw')
    assert.equal(settings.discoveryTimeoutMs, 250)
    assert.equal(settings.targetNaming, 'sidecar')
    assert.deepEqual(settings.meshHosts, ['*.svc.cluster.local', 'api.example.com'])
    assert.equal(settings.unknownHostTimeoutMs, 300)
    assert.equal(settings.outbound.meets('old.example.com'), false)
    const hosts = ['api.example.com', 'eu.vendor.com', 'other.example.com']
    assert.deepEqual(
      hosts.map((host) => settings.outbound.allows(host)),
      [true, true, false],
    )
    assert.equal(settings.mode, 'on')
    assert.equal(settings.trusted.trusts({ remoteAddress: '10.9.9.9' } as never), true)
    assert.equal(settings.trusted.trusts({ remoteAddress: '127.0.0.1' } as never), false)
  })

  test('in code count over the environment, even over a value there that is wrong', () => {
    const environment = { INMESH_SERVICE: 'from-environment', INMESH_VERSION: 'v1', INMESH_SERVICE_PORT: 'wrong' }
    const { workload } = resolveOptions({ ...config, service: 'from-code', servicePort: 80 }, environment)
    assert.equal(workload.service, 'from-code')
    assert.equal(workload.version, 'v1')
    assert.equal(workload.servicePort, 80)
  })

  test('that are empty in the environment or undefined in code count as absent', () => {
    const { workload } = resolveOptions({ ...config, service: undefined } as MeshOptions, {
      INMESH_SERVICE: '',
      INMESH_LABELS: '',
    })
    assert.equal(workload.service, undefined)
    assert.deepEqual(workload.labels, {})
  })

  test('have defaults', () => {
    const settings = resolveOptions(config, {})
    assert.equal(settings.mode, 'on')
    assert.equal(settings.xdsProtocol, 'sotw')
    assert.equal(settings.deletedResources, 'keep')
    assert.equal(settings.localReply, 'response')
    assert.equal(settings.discoveryTimeoutMs, 5000)
    assert.deepEqual([settings.targetNaming, settings.meshHosts], [undefined, undefined])
    assert.equal(settings.unknownHostTimeoutMs, 1000)
    assert.deepEqual([settings.outbound.meets('reviews'), settings.outbound.allows('any.example.com')], [true, true])
    assert.equal(settings.trusted.trusts({ remoteAddress: '127.0.0.1' } as never), true)
    assert.equal(settings.trusted.trusts({ remoteAddress: '10.0.0.1' } as never), false)
  })

  test('of signals are none, the usual two, or those that are named', () => {
    assert.deepEqual(resolveOptions(config, {}).handleSignals, [])
    assert.deepEqual(resolveOptions({ ...config, handleSignals: true }, {}).handleSignals, ['SIGTERM', 'SIGINT'])
    const named = (text: string) => resolveOptions(config, { INMESH_HANDLE_SIGNALS: text }).handleSignals
    assert.deepEqual(named('true'), ['SIGTERM', 'SIGINT'])
    assert.deepEqual(named('false'), [])
    assert.deepEqual(named('SIGHUP, SIGTERM'), ['SIGHUP', 'SIGTERM'])
  })

  test('of the drain delay depend on whether there is a service to leave', () => {
    assert.equal(resolveOptions(config, {}).drainDelayMs, 0)
    assert.equal(resolveOptions({ ...config, service: 'reviews' }, {}).drainDelayMs, 500)
    assert.equal(resolveOptions({ service: 'reviews', mode: 'off' }, {}).drainDelayMs, 0)
    assert.equal(resolveOptions({ ...config, service: 'reviews' }, { INMESH_DRAIN_DELAY_MS: '0' }).drainDelayMs, 0)
  })

  const wrong: readonly [keyof typeof OPTION_TABLE, unknown][] = [
    ['mode', 'watch'],
    ['service', 'Reviews'],
    ['service', 'reviews.shop'],
    ['namespace', '-shop'],
    ['version', ''],
    ['labels', { a: 1 }],
    ['servicePort', 0],
    ['servicePort', 65_536],
    ['servicePort', 80.5],
    ['servicePort', '80'],
    ['locality', { zone: 'z' }],
    ['locality', { region: 'r', subZone: 's' }],
    ['instanceIp', 'localhost'],
    ['config', ''],
    ['controlPlane', 'localhost'],
    ['controlPlane', 'http://localhost:80'],
    ['controlPlane', 'localhost:99999'],
    ['controlPlane', '::1:80'],
    ['bootstrap', 7],
    ['trustedNetworks', '10.0.0.0/8'],
    ['xdsProtocol', 'incremental'],
    ['deletedResources', 'ignore'],
    ['localReply', 'error'],
    ['targetNaming', 'envoy'],
    ['meshHosts', '*'],
    ['unknownHostTimeoutMs', 0],
    ['bypass', 'old.example.com'],
    ['outboundPolicy', 'REGISTRY_ONLY'],
    ['outboundHosts', [7]],
    ['discoveryTimeoutMs', 0],
    ['discoveryTimeoutMs', 2 ** 31],
    ['discoveryTimeoutMs', Number.NaN],
    ['drainDelayMs', -1],
    ['handleSignals', ['SIGKILL']],
    ['handleSignals', 'SIGTERM'],
    ['tracing', 'yes'],
    ['propagation', ['jaeger']],
    ['propagation', 'b3'],
    ['logLevel', 'verbose'],
  ]
  for (const [name, value] of wrong) {
    test(`of the wrong kind are refused by name: ${name} ${JSON.stringify(value)}`, () => {
      refused({ [name]: value } as MeshOptions, {}, name)
    })
  }

  const wrongText: readonly [keyof typeof OPTION_TABLE, string][] = [
    ['servicePort', '80a'],
    ['servicePort', ' 80'],
    ['servicePort', '0x50'],
    ['labels', 'tier'],
    ['labels', '=gold'],
    ['locality', 'a/b/c/d'],
    ['locality', '/zone'],
    ['discoveryTimeoutMs', '-1'],
    ['mode', 'ON'],
  ]
  for (const [name, text] of wrongText) {
    const { variable } = OPTION_TABLE[name]
    test(`of the wrong kind are refused by variable: ${variable}=${text}`, () => {
      refused(config, { [variable]: text }, name, `from ${variable}`)
    })
  }

  test('control planes are named by IPv6 address in brackets too', () => {
    const { origin } = resolveOptions({ controlPlane: '[::1]:18000' }, {})
    assert.deepEqual(origin, { kind: 'control-plane', address: '[::1]:18000' })
  })

  test('trusted networks that are none are refused', () => {
    assert.throws(() => resolveOptions({ ...config, trustedNetworks: ['10.0.0.0/99'] }, {}), {
      code: 'ERR_INMESH_OPTIONS',
    })
  })
})

describe('names', () => {
  test('that do not exist are refused in code', () => {
    refused({ ...config, servcie: 'reviews' } as MeshOptions, {}, 'servcie', 'does not exist')
  })

  test('that do not exist are warned of in the environment', () => {
    const logger = new RecordingLogger()
    resolveOptions({ ...config, logger }, { INMESH_SERVCIE: 'reviews', INMESH_SERVICE: 'reviews', PATH: '/bin' })
    assert.equal(logger.lines.length, 1)
    assert.match(logger.lines[0]!, /^warn: .*INMESH_SERVCIE .*did you mean INMESH_SERVICE\?$/)
  })

  test('of variables are those of the options in upper case', () => {
    for (const [name, { variable }] of Object.entries(OPTION_TABLE)) {
      assert.equal(variable, `INMESH_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`)
    }
  })
})

describe('the origin of configuration', () => {
  const everywhere = {
    INMESH_CONFIG: './from-environment',
    INMESH_BOOTSTRAP: './own.json',
    GRPC_XDS_BOOTSTRAP: './grpc.json',
    GRPC_XDS_BOOTSTRAP_CONFIG: '{}',
    INMESH_CONTROL_PLANE: 'localhost:1',
  }
  const order: readonly [keyof typeof everywhere, object][] = [
    ['INMESH_CONFIG', { kind: 'directory', path: './from-environment' }],
    ['INMESH_BOOTSTRAP', { kind: 'bootstrap-file', path: './own.json' }],
    ['GRPC_XDS_BOOTSTRAP', { kind: 'bootstrap-file', path: './grpc.json' }],
    ['GRPC_XDS_BOOTSTRAP_CONFIG', { kind: 'bootstrap-text', text: '{}', variable: 'GRPC_XDS_BOOTSTRAP_CONFIG' }],
    ['INMESH_CONTROL_PLANE', { kind: 'control-plane', address: 'localhost:1' }],
  ]

  test('is the first that the environment names, in this order', () => {
    const environment: Record<string, string> = { ...everywhere }
    for (const [variable, expected] of order) {
      assert.deepEqual(resolveOptions({}, environment).origin, expected)
      delete environment[variable]
    }
    assert.deepEqual(Object.keys(environment), [])
  })

  test('is what code names, whatever the environment says', () => {
    const document = { xds_servers: [] }
    assert.deepEqual(resolveOptions({ controlPlane: 'a:1' }, everywhere).origin, {
      kind: 'control-plane',
      address: 'a:1',
    })
    assert.deepEqual(resolveOptions({ config: './code' }, everywhere).origin, { kind: 'directory', path: './code' })
    assert.deepEqual(resolveOptions({ bootstrap: './b' }, everywhere).origin, { kind: 'bootstrap-file', path: './b' })
    assert.deepEqual(resolveOptions({ bootstrap: document }, everywhere).origin, { kind: 'bootstrap-object', document })
  })

  test('must be one in code', () => {
    assert.throws(() => resolveOptions({ config: './mesh', controlPlane: 'a:1' }, {}), {
      code: 'ERR_INMESH_OPTIONS',
      message: /config and controlPlane contradict/,
    })
  })

  test('must be there, and the error says how', () => {
    assert.throws(
      () => resolveOptions({}, {}),
      (error: Error & { code?: string }) =>
        error.code === 'ERR_INMESH_OPTIONS' &&
        ['controlPlane', 'INMESH_CONTROL_PLANE', 'GRPC_XDS_BOOTSTRAP', 'INMESH_MODE=off'].every((hint) =>
          error.message.includes(hint),
        ),
    )
  })

  test('is not asked for when the mesh is switched off', () => {
    assert.equal(resolveOptions({ mode: 'off' }, {}).origin, undefined)
    assert.equal(resolveOptions({ controlPlane: 'a:1' }, { INMESH_MODE: 'off' }).origin, undefined)
  })
})

for (const [named, told] of [
  [undefined, ['traceparent']],
  ['b3,jaeger', ['b3']],
  ['xray', ['traceparent']],
  ['tracecontext, b3multi', ['traceparent', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled']],
  ['none', []],
] as const) {
  test(`formats of traces are those that the mesh knows of OTEL_PROPAGATORS=${named}`, () => {
    const { propagation } = resolveOptions({ mode: 'off' }, { OTEL_PROPAGATORS: named })
    const trace = { tracestate: '', b3: undefined }
    const headers = propagation.write(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, trace)
    assert.deepEqual(
      headers.filter((_, index) => index % 2 === 0),
      told,
    )
  })
}
