import { SystemClock, SystemRandom } from '@inmesh/core'
import { AdsClient } from '../ads/ads-client.js'
import { parseBootstrap } from '../bootstrap/parse-bootstrap.js'
import { RecordingWatcher } from './recording-watcher.js'
import { fullStateType } from './text-resource.js'

// A job that uses a control plane and then has nothing left to do. It never closes its client and never calls process.exit().
// Arguments: the server_uri; what to wait for: `told` (until the watcher hears something) or `nothing`; milliseconds to connect;
// the file of the authority to trust, without which the connection is in plaintext.
const [serverUri, waitFor, connectTimeoutMs, caFile] = process.argv.slice(2)
const credentials = caFile ? { type: 'tls', config: { ca_certificate_file: caFile } } : { type: 'insecure' }
const { servers, node } = parseBootstrap({
  xds_servers: [{ server_uri: serverUri, channel_creds: [credentials] }],
})
const [server] = servers
if (server === undefined) throw new Error('no server')
const clock = new SystemClock()
const client = new AdsClient({
  server,
  node,
  clock,
  random: new SystemRandom(),
  channel: { connectTimeoutMs: Number(connectTimeoutMs) },
})
const work = waitFor === 'told' ? clock.setTimer(60_000, () => {}, true) : undefined
const watcher = new RecordingWatcher(() => {
  process.stdout.write(`${watcher.take().join()}\n`)
  work?.cancel()
})
client.watch(fullStateType(), 'a', watcher)
