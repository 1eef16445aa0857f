import { adsAcknowledgement } from './ads-acknowledgement.js'
import { adsStreams } from './ads-streams.js'
import { adsWatchers } from './ads-watchers.js'
import { aggregate } from './aggregate.js'
import { deletion } from './deletion.js'
import { endpoints } from './endpoints.js'
import { fallback } from './fallback.js'
import { federation } from './federation.js'
import { grpcEndpoints } from './grpc-endpoints.js'
import { grpcRouting } from './grpc-routing.js'
import { outlier } from './outlier.js'
import type { Removal } from './removal.js'
import { routing } from './routing.js'
import { servers } from './servers.js'
import { validation } from './validation.js'

/** What is taken away to show that the tests of the scenarios notice. */
export const removals: readonly Removal[] = [
  ...adsAcknowledgement,
  ...adsStreams,
  ...adsWatchers,
  ...aggregate,
  ...deletion,
  ...endpoints,
  ...fallback,
  ...federation,
  ...grpcEndpoints,
  ...grpcRouting,
  ...outlier,
  ...routing,
  ...servers,
  ...validation,
]

/** Scenarios for which nothing can be taken away, and why. */
export const withoutRemoval: ReadonlyMap<number, string> = new Map([
  [60, 'what follows an inbound request to its calls holds no header that could be matched'],
  [63, 'which metadata of a gRPC call can be seen is for its carrier to say, which is the one of the tests so far'],
  [87, 'needs a name with several addresses, and there is none on every machine'],
])
