// The catalog as node:cluster workers that share one port. Each worker has a mesh of its own and tells the test where it listens, once the
// control plane has answered.
import cluster from 'node:cluster'
import { createMesh } from 'inmesh'
import { say, serveCommands } from '../../support/commands.js'

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()]
  serveCommands({}, () => {
    for (const worker of workers) worker.process.kill('SIGKILL')
    process.exit()
  })
} else {
  const mesh = await createMesh()
  const server = await mesh.listen(
    (_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ server: String(process.pid) }))
    },
    { host: '127.0.0.1', port: 0 },
  )
  await mesh.ready()
  say({ event: 'listening', pid: process.pid, port: server.boundAddress?.port })
}
