// The catalog as node:cluster workers of an application that knows of no mesh. Workers come and go as the test says; they are asked to go as PM2 asks.
import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { say, serveCommands } from '../../support/commands.js'

if (cluster.isPrimary) {
  const workers = new Map<number, Worker>()
  const commands = {
    fork: () => {
      const worker = cluster.fork()
      const pid = worker.process.pid!
      workers.set(pid, worker)
      worker.on('exit', (code, signal) => say({ event: 'ended', pid, code, signal }))
      return pid
    },
    shutdown: ({ pid }: { pid: number }) => workers.get(pid)!.send('shutdown'),
  }
  serveCommands(commands)
} else {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ server: String(process.pid) }))
  })
  server.listen({ host: '127.0.0.1', port: 0 }, () => {
    say({ event: 'listening', pid: process.pid, port: (server.address() as AddressInfo).port })
  })
}
