// A server of a mesh that answers when the test says so. How it ends is up to the mesh.
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'

const mesh = await createMesh()
const held: (() => void)[] = []
const server = await mesh.listen(
  (_request, response) => {
    held.push(() => response.end('complete'))
    say({ event: 'request' })
  },
  { host: '127.0.0.1', port: 0 },
)

serveCommands({
  release: () => {
    for (const answer of held.splice(0)) answer()
  },
})
say({ event: 'listening', port: server.boundAddress?.port })
