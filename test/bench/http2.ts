import { connect } from 'node:http2'
import type { Row } from './harness/benchmark.js'
import { comparePaired } from './harness/paired.js'
import { Upstreams } from './harness/upstreams.js'
import { BenchMesh } from './support/bench-mesh.js'
import { ORIGIN } from './support/shop.js'
import { cluster, endpoint, route, target } from './support/shop-config.js'

const PATH = '/shelf-1/books/7?full=1'

/** A request over HTTP/2 without TLS, against one over a session of Node's that is used as it is. */
export async function benchHttp2(): Promise<readonly Row[]> {
  const upstreams = await Upstreams.start(1, 'http2')
  const [port] = upstreams.ports
  const session = connect(`http://127.0.0.1:${port}`)
  const mesh = new BenchMesh()
  const shop = cluster('shop', [endpoint(port!)], { protocol: { kind: 'http2', http2: {} } })
  mesh.source.set(target('shop.demo:80', [route('/', { shop: 1 })], [shop]))
  const row = await comparePaired({
    what: 'h2c upstream against node:http2 bare',
    bare: () =>
      new Promise<void>((resolve, reject) => {
        const stream = session.request({ ':path': PATH })
        stream.on('error', reject).on('end', resolve).resume()
      }),
    mesh: async () => {
      const { body } = await mesh.dispatcher.request({ origin: ORIGIN, path: PATH, method: 'GET' })
      await body.dump()
    },
    perBlock: 1000,
    rounds: 21,
    concurrency: 64,
  })
  await mesh.close()
  session.destroy()
  await upstreams.stop()
  return [row]
}
