// A server in a process of its own that takes connections and says nothing.
import { type AddressInfo, createServer } from 'node:net'
import { say, serveCommands } from '../../support/commands.js'

const upstream = createServer((socket) => socket.resume())
upstream.listen(0, '127.0.0.1', () => say({ event: 'listening', port: (upstream.address() as AddressInfo).port }))
serveCommands({}, () => process.exit())
