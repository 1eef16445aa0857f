import type { Clock } from '@inmesh/core'
import type { Configuration } from '../configuration/configuration.js'
import type { Outbound } from '../outbound/outbound.js'
import type { ServerRegistry } from '../server/server-registry.js'
import type { FlushHooks } from './flush-hooks.js'

/** What of the time is kept for what comes after the last request: a tenth, two seconds at most. */
const RESERVED_SHARE = 0.1
const MAX_RESERVED_MS = 2000

/** What is closed. */
export interface ClosingParts {
  /** The servers, of the mesh and of the application. */
  readonly servers: Pick<ServerRegistry, 'drain'>
  /** The way out, which requests in flight still need. */
  readonly outbound: Pick<Outbound, 'close'>
  /** What tells of the last requests and calls. */
  readonly flushHooks: FlushHooks
  /** The stream. It is not closed here, as it has to be in any case. */
  readonly configuration: Pick<Configuration, 'flush'>
  /** Time. */
  readonly clock: Clock
}

/**
 * Closes the parts of a mesh in the order in which they need each other, by one deadline: servers are withdrawn and drained, then calls end, then
 * telemetry is flushed, load reported last. Requests that are cut at the limit leave a little time to tell of them.
 *
 * @param parts - The parts.
 * @param timeoutMs - Milliseconds for all of it.
 */
export async function closeInOrder(parts: ClosingParts, timeoutMs: number): Promise<void> {
  const { servers, outbound, flushHooks, configuration, clock } = parts
  const limit = clock.now() + timeoutMs
  const reservedMs = Math.min(MAX_RESERVED_MS, timeoutMs * RESERVED_SHARE)
  const left = (reservedMs: number): number => Math.max(0, limit - reservedMs - clock.now())
  await servers.drain(left(reservedMs))
  await outbound.close(left(reservedMs))
  await flushHooks.run(left(0))
  await configuration.flush()
}
