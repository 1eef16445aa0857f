// Does what its arguments say, one after the other, and closes no mesh: it has to end by itself.
import { once } from 'node:events'
import { createMesh, type MeshServer } from 'inmesh'
import { say } from '../../support/commands.js'

const [, , url, ...what] = process.argv
const mesh = await createMesh()
const other = what.includes('servers') ? await createMesh() : mesh

function serve(by: typeof mesh): Promise<MeshServer> {
  return by.listen((_request, response) => response.end('alive'), { host: '127.0.0.1', port: 0, http2: true })
}

async function answered(server: MeshServer): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.boundAddress!.port}/`)
  await response.text()
}

async function served(...meshes: readonly (typeof mesh)[]): Promise<void> {
  const servers = await Promise.all(meshes.map(serve))
  await Promise.all(servers.map(answered))
  await Promise.all(
    servers.map((server) => {
      const closed = once(server, 'close')
      server.close()
      return closed
    }),
  )
}

for (const did of what) {
  switch (did) {
    case 'ready':
      await mesh.ready()
      break
    case 'call': {
      await mesh.ready()
      let status = 0
      while (status !== 200) {
        const response = await mesh.fetch(url!).catch(() => undefined)
        await response?.text()
        status = response?.status ?? 0
      }
      say({ did, status })
      break
    }
    case 'listen': {
      const server = await serve(mesh)
      say({ did, port: server.boundAddress!.port })
      break
    }
    default:
      await served(...(did === 'servers' ? [mesh, other] : [mesh]))
      say({ did })
  }
}
