import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentials } from '@grpc/grpc-js'
import { UnheldConnection } from './unheld-connection.js'

test('a connection that was given up is not attempted again', async () => {
  const connection = new UnheldConnection()
  const connector = connection
    .protect(credentials.createInsecure())
    ._createSecureConnector({ scheme: 'dns', path: 'control-plane.invalid' }, {})
  await connector.waitForReady()

  connection.abandon()
  await assert.rejects(connector.waitForReady(), /given up/)
})
