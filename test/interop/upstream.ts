// A plain HTTP server in a process of its own, outside any mesh. It answers with the name that it was given.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { say, serveCommands } from '../support/commands.js'

const [server = ''] = process.argv.slice(2)

const upstream = createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ server, path: request.url }))
})
upstream.listen(0, '127.0.0.1', () => say({ event: 'listening', port: (upstream.address() as AddressInfo).port }))
serveCommands({}, () => process.exit())
