import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { type TestContext, test } from 'node:test'
import { checkServerIdentity } from 'node:tls'
import { SystemClock } from '@inmesh/core'
import { MockAgent } from 'undici'
import type { MeshHttpsAgentOptions } from './agent-options.js'
import { MeshHttpsAgent } from './mesh-https-agent.js'
import { answered, freed } from './testing/agent-fixture.js'

/** An agent over a dispatcher that answers itself, and knows one origin. */
function agentFor(context: TestContext, origin: string, options: MeshHttpsAgentOptions = {}): MeshHttpsAgent {
  const dispatcher = new MockAgent()
  dispatcher.disableNetConnect()
  dispatcher
    .get(origin)
    .intercept({ path: '/', method: 'GET' })
    .reply(200, (call) => call.origin)
    .persist()
  const agent = new MeshHttpsAgent(dispatcher, new SystemClock(), options)
  context.after(async () => {
    agent.destroy()
    await dispatcher.close()
  })
  return agent
}

test('requests keep their scheme, whatever the port', async (context) => {
  for (const [url, origin] of [
    ['https://api.test', 'https://api.test'],
    ['https://api.test:443/', 'https://api.test'],
    ['https://api.test:80', 'https://api.test:80'],
    ['https://[::1]:8443', 'https://[::1]:8443'],
  ] as const) {
    const agent = agentFor(context, origin)
    const { status, text } = await answered(request(url, { agent }).end())
    assert.deepEqual([status, text], [200, origin])
  }
})

test('connections are shared by the requests to an origin, and by no others', async (context) => {
  const agent = agentFor(context, 'https://api.test')
  const reused: boolean[] = []
  for (let call = 0; call < 2; call++) {
    const { request: sent } = await answered(request('https://api.test', { agent }).end())
    reused.push(sent.reusedSocket)
    await freed(agent)
  }
  assert.deepEqual(reused, [false, true])
  const elsewhere = request('https://other.test', { agent }).end()
  await once(elsewhere, 'error')
  assert.equal(elsewhere.reusedSocket, false)
})

const refused: Record<string, unknown> = {
  cert: 'a certificate',
  checkServerIdentity: () => undefined,
  key: 'a key',
  minVersion: 'TLSv1',
  pfx: Buffer.alloc(1),
  rejectUnauthorized: false,
  secureContext: {},
  servername: 'other.test',
}

for (const [name, value] of Object.entries(refused)) {
  test(`the option ${name} is refused, by the agent and for a request`, async (context) => {
    const expected = { code: 'ERR_INMESH_OPTIONS', message: new RegExp(`\\b${name}\\b`) }
    assert.throws(() => agentFor(context, 'https://api.test', { [name]: value }), expected)
    const agent = agentFor(context, 'https://api.test')
    // A connection that is there changes nothing.
    await answered(request('https://api.test', { agent }).end())
    await assert.rejects(answered(request('https://api.test', { agent, [name]: value }).end()), expected)
  })
}

test('the option ca is for the agent, and refused for a request, which cannot have authorities of its own', async (context) => {
  const agent = agentFor(context, 'https://api.test', { ca: 'a certificate' })
  await answered(request('https://api.test', { agent }).end())
  await assert.rejects(answered(request('https://api.test', { agent, ca: 'another' }).end()), {
    code: 'ERR_INMESH_OPTIONS',
    message: /\bca\b/,
  })
})

test('options that only say what is so anyway are taken', async (context) => {
  const agent = agentFor(context, 'https://api.test')
  const usual = { rejectUnauthorized: true, checkServerIdentity, servername: 'api.test', ca: undefined }
  const { status } = await answered(request('https://api.test', { agent, ...usual }).end())
  assert.equal(status, 200)
})

test('an agent for https: is not one for http:, nor the other way round', (context) => {
  const agent = agentFor(context, 'https://api.test')
  assert.throws(() => request('https://api.test', { agent, protocol: 'http:' }), { code: 'ERR_INVALID_PROTOCOL' })
  assert.throws(() => request('https://api.test', { agent: new Agent() }), { code: 'ERR_INVALID_PROTOCOL' })
})

test('the error of a dispatcher is that of the request', async (context) => {
  const agent = agentFor(context, 'https://api.test')
  const sent = request('https://unknown.test', { agent }).end()
  const outcome = await Promise.race([
    once(sent, 'error').then(([error]) => error as NodeJS.ErrnoException),
    once(sent, 'response').then(([response]) => response as IncomingMessage),
  ])
  assert.equal((outcome as NodeJS.ErrnoException).code, 'UND_MOCK_ERR_MOCK_NOT_MATCHED')
})
