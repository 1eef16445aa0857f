import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpcTarget } from './server-uri.js'

const accepted = [
  ['istiod.istio-system.svc:15010', 'dns:///istiod.istio-system.svc:15010'],
  ['localhost', 'dns:///localhost'],
  ['127.0.0.1:15010', 'dns:///127.0.0.1:15010'],
  ['[::1]:15010', 'dns:///[::1]:15010'],
  ['unix.example:15010', 'dns:///unix.example:15010'],
  ['xds:15010', 'dns:///xds:15010'],
  ['dns:///xds.example:15010', 'dns:///xds.example:15010'],
  ['dns:xds.example:15010', 'dns:xds.example:15010'],
  ['dns://8.8.8.8/xds.example', 'dns://8.8.8.8/xds.example'],
  ['unix:///etc/istio/proxy/XDS', 'unix:///etc/istio/proxy/XDS'],
  ['unix:/run/xds.sock', 'unix:/run/xds.sock'],
  ['unix:./etc/istio/proxy/XDS', 'unix:./etc/istio/proxy/XDS'],
  ['ipv4:127.0.0.1:15010,127.0.0.2:15010', 'ipv4:127.0.0.1:15010,127.0.0.2:15010'],
  ['ipv6:[::1]:15010', 'ipv6:[::1]:15010'],
  ['passthrough:///127.0.0.1:15010', 'dns:///127.0.0.1:15010'],
  ['passthrough:localhost:15010', 'dns:///localhost:15010'],
  ['passthrough:///unix:///run/xds', 'unix:///run/xds'],
] as const

for (const [uri, target] of accepted) {
  test(`${uri} is reached as ${target}`, () => assert.equal(grpcTarget(uri), target))
}

const refused = [
  ['https://istiod:15012', /scheme https/],
  ['xds:///service', /scheme xds/],
  ['unix-abstract:name', /scheme unix-abstract/],
  ['host:port', /scheme host/],
  ['host:70000', /from 1 to 65535/],
  ['host:0', /from 1 to 65535/],
  ['dns:///', /names no host/],
  ['dns://authority', /names no host/],
  ['dns:///host:', /from 1 to 65535/],
  [':15010', /no usable host/],
  ['a b:1', /no usable host/],
  ['unix:', /no socket path/],
  ['unix:///', /no socket path/],
  ['ipv4:localhost:15010', /no IPv4 address/],
  ['ipv4:127.0.0.1:1,::1', /no IPv4 address/],
  ['ipv6:[::1]:0', /from 1 to 65535/],
  ['passthrough:///', /names no host/],
] as const

for (const [uri, message] of refused) {
  test(`${uri} is refused`, () => assert.throws(() => grpcTarget(uri), message))
}
