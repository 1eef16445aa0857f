import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { SystemClock, SystemRandom, type TargetConfig } from '@inmesh/core'
import { AdsClient, clusterType, DependencyTree, parseBootstrap, templateNaming, type XdsProtocol } from '@inmesh/xds'
import { AdsTestClient, testNode } from './testing/ads-client.js'
import { routeText, serviceText } from './testing/mesh-files.js'
import { started } from './testing/started.js'

/** Configurations of a target, for a test that waits for one. */
class TargetQueue {
  readonly #configs: (TargetConfig | 'unknown')[] = []
  #wake: (() => void) | undefined

  push(config: TargetConfig | 'unknown'): void {
    this.#configs.push(config)
    this.#wake?.()
  }

  /** The next configuration that fits; those before it are passed over. */
  async next(fits: (config: TargetConfig) => boolean): Promise<TargetConfig> {
    for (;;) {
      for (let config = this.#configs.shift(); config !== undefined; config = this.#configs.shift()) {
        if (config !== 'unknown' && fits(config)) return config
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Things that happen, for a test that waits until they add up to something. */
class Changes {
  #wake: () => void = () => {}

  tell(change: () => void): void {
    change()
    this.#wake()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

function connected(context: TestContext, port: number, protocol: XdsProtocol): AdsClient {
  const bootstrap = parseBootstrap({
    xds_servers: [{ server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: 'insecure' }] }],
    node: { id: 'front', metadata: { NAMESPACE: 'shop' } },
  })
  const [server] = bootstrap.servers
  assert.ok(server !== undefined)
  const client = new AdsClient({
    server,
    node: bootstrap.node,
    clock: new SystemClock(),
    random: new SystemRandom(),
    protocol,
  })
  context.after(() => client.close())
  return client
}

function watched(context: TestContext, port: number, target: string, protocol: XdsProtocol): TargetQueue {
  const client = connected(context, port, protocol)
  const queue = new TargetQueue()
  const tree = new DependencyTree({ provider: client, naming: templateNaming() })
  const unwatch = tree.watch(target, {
    configured: (config) => queue.push(config),
    unknown: () => queue.push('unknown'),
    failed: (error) => assert.fail(error),
  })
  context.after(unwatch)
  return queue
}

function endpointsIn(config: TargetConfig): readonly string[] {
  return [...config.clusters.values()].flatMap((cluster) =>
    cluster.kind === 'resolved'
      ? cluster.endpoints.localities.flatMap(({ endpoints }) => endpoints.map(({ key }) => key))
      : [],
  )
}

for (const protocol of ['sotw', 'delta'] as const) {
  it(`serves a data plane from names to endpoints, and its changes, ${protocol}`, async (context) => {
    const { controlPlane, files, client } = await started(context, {
      'catalog.yaml': serviceText('catalog', ['127.0.0.1']),
    })
    const targets = watched(context, controlPlane.port, 'catalog:80', protocol)
    const first = await targets.next(() => true)
    assert.deepEqual(endpointsIn(first), ['127.0.0.1:80'])

    const workload = client().sotw(testNode({ INMESH_SERVICE: 'catalog' }))
    await workload.get('LDS', ['inmesh/inbound/127.0.0.2:9000'])
    const joined = await targets.next((config) => endpointsIn(config).length === 2)
    assert.deepEqual(endpointsIn(joined), ['127.0.0.1:80', '127.0.0.2:9000'])

    await files.write('route.yaml', routeText('1500ms'))
    await targets.next((config) => config.routes !== joined.routes)

    workload.cancel()
    const left = await targets.next((config) => endpointsIn(config).length === 1)
    assert.deepEqual(endpointsIn(left), ['127.0.0.1:80'])
  })

  it(`serves a data plane a service that appears after it was asked for, ${protocol}`, async (context) => {
    const { controlPlane } = await started(context)
    const targets = watched(context, controlPlane.port, 'catalog.shop:80', protocol)
    const workload = new AdsTestClient(controlPlane.port, (close) => context.after(close)).sotw(
      testNode({ INMESH_SERVICE: 'catalog' }),
    )
    await workload.get('LDS', ['inmesh/inbound/127.0.0.2:9000'])
    assert.deepEqual(endpointsIn(await targets.next((config) => endpointsIn(config).length > 0)), ['127.0.0.2:9000'])
  })

  it(`serves a data plane every cluster there is, and its changes, ${protocol}`, async (context) => {
    const { controlPlane, files } = await started(context, { 'catalog.yaml': serviceText('catalog', ['127.0.0.1']) })
    const client = connected(context, controlPlane.port, protocol)
    const clusters = new Set<string>()
    const told = new Changes()
    client.watchAll(clusterType, {
      changed: (name) => told.tell(() => clusters.add(name)),
      removed: (name) => told.tell(() => clusters.delete(name)),
      failed: (_name, error) => assert.fail(error),
      ambient: (_name, error) => assert.fail(error),
      complete: () => told.tell(() => clusters.add('complete')),
      unreachable: (error) => assert.fail(error),
    })
    const has = (part: string): boolean => [...clusters].some((name) => name.includes(part))
    await told.until(() => has('catalog') && has('complete'))
    await files.write('reviews.yaml', serviceText('reviews', ['127.0.0.1']))
    await told.until(() => has('reviews'))
    await files.remove('catalog.yaml')
    await told.until(() => !has('catalog'))
    assert.ok(has('reviews'))
  })
}
