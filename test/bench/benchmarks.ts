import { benchAssignments } from './assignments.js'
import { benchDispatcher } from './dispatcher.js'
import { benchEndpoints } from './endpoints.js'
import { benchEnvoy } from './envoy.js'
import { benchFailures } from './failures.js'
import { benchFetch } from './fetch.js'
import type { Benchmark } from './harness/benchmark.js'
import { benchHttp2 } from './http2.js'
import { benchImports } from './imports.js'
import { benchInRequest } from './in-request.js'
import { benchNodeHttp } from './node-http.js'
import { benchPicks } from './picks.js'
import { benchResend } from './resend.js'
import { benchRoutes } from './routes.js'
import { benchServers } from './servers.js'
import { benchTracingIdle, benchTracingSampled, benchTracingUnsampled } from './tracing.js'
import { benchUpdates } from './updates.js'

/** Every benchmark by the name that `--only` takes. */
export const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  ['dispatcher', benchDispatcher],
  ['in-request', benchInRequest],
  ['fetch', benchFetch],
  ['node-http', benchNodeHttp],
  ['http2', benchHttp2],
  ['servers', benchServers],
  ['envoy', benchEnvoy],
  ['tracing-idle', benchTracingIdle],
  ['tracing-unsampled', benchTracingUnsampled],
  ['tracing-sampled', benchTracingSampled],
  ['imports', benchImports],
  ['updates', benchUpdates],
  ['endpoints', benchEndpoints],
  ['assignments', benchAssignments],
  ['resend', benchResend],
  ['picks', benchPicks],
  ['routes', benchRoutes],
  ['failures', benchFailures],
])
