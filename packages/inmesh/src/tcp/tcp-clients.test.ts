import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import mysqlServer from 'mysql2'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { fakeKafka } from '../testing/fake-kafka.js'
import { fakePostgres } from '../testing/fake-postgres.js'
import { tcpMesh } from '../testing/tcp-mesh.js'

const ROUND_ROBIN = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec: { host: db, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } } }
`

test('clients of pg are balanced over the endpoints of the service', async (context) => {
  const ports = await Promise.all(['a', 'b'].map((name) => fakePostgres(context, name)))
  const mesh = await tcpMesh(context, ports, ROUND_ROBIN)

  const pool = new pg.Pool({
    stream: () => mesh.tcp.connect({ host: 'db', port: 5432 }) as never,
  })

  const clients = await Promise.all([pool.connect(), pool.connect()])
  const answers = await Promise.all(clients.map((client) => client.query<{ server: string }>('select 1')))
  assert.deepEqual(new Set(answers.map(({ rows }) => rows[0]!.server)), new Set(['a', 'b']))
  for (const client of clients) client.release()
  await pool.end()
})

async function fakeMysql(context: TestContext, name: string): Promise<number> {
  const server = mysqlServer.createServer((connection) => {
    connection.on('error', () => {})
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: 'fake',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0xffffff ^ 0x800,
    })
    connection.on('query', () => {
      const column = { catalog: 'def', schema: '', table: '', orgTable: '', name: 'server', orgName: 'server' }
      const text = { ...column, characterSet: 33, columnLength: 255, columnType: 253, flags: 0, decimals: 0 }
      connection.writeTextResult([{ server: name }], [text])
    })
    connection.on('quit', () => connection.end())
  }) as unknown as { listen(port: number, host: string): void; close(): void; _server: Server; address?: unknown }
  server.listen(0, '127.0.0.1')
  await once(server._server, 'listening')
  context.after(() => server.close())
  return (server._server.address() as { port: number }).port
}

test('connections of mysql2 go to an endpoint of the service', async (context) => {
  const mesh = await tcpMesh(context, [await fakeMysql(context, 'a')])

  const connection = await mysql.createConnection({
    user: 'shop',
    stream: () => mesh.tcp.connect({ host: 'db', port: 5432 }),
  })
  context.after(() => connection.destroy())

  const [rows] = await connection.query('select 1')
  assert.equal((rows as { server: string }[])[0]!.server, 'a')
})

test('brokers of kafkajs are connected to by the names that they have in the mesh', async (context) => {
  const mesh = await tcpMesh(context, [await fakeKafka(context, 'db.shop', 5432, 'orders')])

  const kafka = new Kafka({
    brokers: ['db:5432'],
    socketFactory: ({ host, port, onConnect }) => mesh.tcp.connect({ host, port }, onConnect) as never,
    logLevel: logLevel.NOTHING,
  })

  const admin = kafka.admin()
  await admin.connect()
  context.after(() => admin.disconnect())
  assert.deepEqual(await admin.listTopics(), ['orders'])
})
