import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { MeshServer, ServerHandler } from '@inmesh/http'
import { createMesh } from '../create-mesh.js'
import type { Mesh } from '../mesh.js'
import type { MeshOptions } from '../options/mesh-options.js'
import { type InboundParts, inboundListener } from './inbound-listener.js'
import { meshDirectory } from './mesh-directory.js'

/** Parts of a listener, and how the test notices that it applies. */
export interface AppliedParts extends InboundParts {
  /** Whether the answer to a probe is one that the listener makes. Default: a route for probes answers it. */
  readonly applies?: (answer: string) => boolean
}

/** A mesh with a server whose inbound listener is in the hands of the test. */
export interface InboundMesh {
  readonly mesh: Mesh
  readonly server: MeshServer
  readonly port: number
  readonly url: string
  /** Puts a listener in place of the one that there is, and waits until it applies to new connections. */
  configure(parts: AppliedParts): Promise<void>
}

/** A mesh that reads a directory of its own. */
export async function directoryMesh(
  context: TestContext,
  options: MeshOptions = {},
): Promise<{ mesh: Mesh; path: string }> {
  const path = await meshDirectory(context, {})
  const mesh = await createMesh({ config: path, logLevel: 'silent', ...options })
  context.after(() => mesh.close({ timeoutMs: 1 }))
  return { mesh, path }
}

/**
 * Starts a server on loopback.
 *
 * @param handler - Answers what its listener lets pass.
 */
export async function inboundMesh(
  context: TestContext,
  handler: ServerHandler,
  options: MeshOptions = {},
): Promise<InboundMesh> {
  const { mesh, path } = await directoryMesh(context, options)
  const server = await mesh.listen(handler, { port: 0, host: '127.0.0.1', exempt: ['/health'] })
  const { port } = server.boundAddress!
  return {
    mesh,
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    configure: (parts) => configureServer(path, port, parts),
  }
}

/** Numbers listeners: each shows its number in answers to a path that only the test asks for. */
const revisions = { last: 0 }

/**
 * Writes the listener of a port and waits until it applies to new connections.
 *
 * @param path - The directory.
 * @param port - The port.
 * @param parts - Parts of the listener.
 */
export async function configureServer(path: string, port: number, parts: AppliedParts): Promise<void> {
  const revision = String(++revisions.last)
  const probe = { match: { path: '/probe' }, directResponse: { status: 200, body: { inlineString: revision } } }
  const routes = [probe, ...(parts.routes ?? [{ match: { prefix: '/' }, nonForwardingAction: {} }])]
  await writeFile(join(path, 'inbound.json'), inboundListener(port, { ...parts, routes }))
  const applies = parts.applies ?? ((answer: string) => answer.endsWith(`\r\n${revision}`))
  while (!applies(await rawRequest(port, '/probe'))) await turn()
}

/** All that comes back on a connection of its own; empty where it is closed without a byte. */
export async function rawRequest(port: number, path: string, headers = ''): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(`GET ${path} HTTP/1.1\r\nhost: shop.test\r\n${headers === '' ? 'connection: close\r\n' : headers}\r\n`)
  })
}
