import type { TestContext } from 'node:test'
import { type ControlPlane, startControlPlane } from '../control-plane.js'
import { AdsTestClient } from './ads-client.js'
import { EventQueue } from './event-queue.js'
import { MeshFiles } from './mesh-files.js'

/** A control plane of a test, with what a test needs around it. */
export interface Started {
  readonly controlPlane: ControlPlane
  readonly files: MeshFiles
  readonly events: EventQueue
  /** A client with a connection of its own. */
  client(): AdsTestClient
}

/** Starts a control plane that goes with the test. */
export async function started(context: TestContext, texts: Readonly<Record<string, string>> = {}): Promise<Started> {
  const files = await MeshFiles.create(context, texts)
  const events = new EventQueue()
  const controlPlane = await startControlPlane({ directory: files.path, port: 0, onEvent: events.push })
  context.after(() => controlPlane.close())
  return {
    controlPlane,
    files,
    events,
    client: () => new AdsTestClient(controlPlane.port, (close) => context.after(close)),
  }
}
