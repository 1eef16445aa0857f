import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMesh } from 'inmesh'
import { cluster, listener, routes } from '../interop/resources.js'
import { ReportedControlPlane } from './reported-control-plane.js'

test('what a mesh learned, and what it refused, can be looked into', async () => {
  const plane = new ReportedControlPlane([
    listener('catalog:80'),
    routes('catalog:80', { weights: { catalog: 1 } }),
    { ...cluster('catalog'), connect_timeout: '-1s' },
  ])
  const address = await plane.start()
  const mesh = await createMesh({
    bootstrap: {
      xds_servers: [{ server_uri: address, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'caller' },
    },
  })
  try {
    assert.deepEqual(mesh.clientStatus(), [])
    const response = await mesh.fetch('http://catalog/')
    assert.equal(response.status, 503)
    await response.text()
    const [status] = mesh.clientStatus()
    assert.deepEqual([status?.server, status?.node.id], [address, 'caller'])
    assert.deepEqual(
      status?.resources.map(({ typeUrl, name, status, version }) => [typeUrl.split('.').at(-1), name, status, version]),
      [
        ['Listener', 'catalog:80', 'accepted', '1'],
        ['RouteConfiguration', 'catalog:80', 'accepted', '1'],
        ['Cluster', 'catalog', 'rejected', ''],
      ],
    )
    assert.match(status?.resources.at(-1)?.fault?.details ?? '', /connect_timeout/)
  } finally {
    await mesh.close()
  }
})
