/* A job that makes one request over HTTP/2 and has nothing else to do. Its argument is the server's port. */
import { DataPlane, SystemClock, SystemRandom } from '@inmesh/core'
import { HttpCarrier } from '../http-carrier.js'
import { MeshDispatcher } from '../mesh-dispatcher.js'
import { cluster, endpoint, route, target } from './configs.js'
import { HTTP2 } from './test-http2-upstream.js'
import { TestSource } from './test-source.js'

const source = new TestSource()
const carrier = new HttpCarrier()
const plane = new DataPlane({ source, clock: new SystemClock(), random: new SystemRandom(), carriers: [carrier] })
const dispatcher = new MeshDispatcher({ plane, carrier })
const reviews = cluster('reviews', [endpoint(Number(process.argv[2]))], { protocol: HTTP2 })
source.set('reviews:80', target('reviews:80', [route({ clusters: { reviews: 1 } })], [reviews]))
const { statusCode, body } = await dispatcher.request({ origin: 'http://reviews', path: '/', method: 'GET' })
await body.dump()
process.stdout.write(String(statusCode))
