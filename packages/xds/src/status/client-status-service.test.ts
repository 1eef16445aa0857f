import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type * as GrpcModule from '@grpc/grpc-js'
import {
  ClientResourceStatus,
  ClientStatusRequest,
  ClientStatusResponse,
  create,
  NodeMatcher,
  RouteConfiguration,
} from '@inmesh/xds-proto/all'
import type { ResourceRecord, ResourceStatus } from '../source/resource-record.js'
import { someNode } from '../testing/ads-bench.js'
import { textResource } from '../testing/text-resource.js'
import { clientStatusService } from './client-status-service.js'

const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof GrpcModule
const path = '/envoy.service.status.v3.ClientStatusDiscoveryService'
const typeUrl = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration'
const server = new grpc.Server()
let client: GrpcModule.Client
let records: ResourceRecord[] = []

before(async () => {
  const { definition, implementation } = await clientStatusService(() => [
    { server: 'plane:1', node: someNode, resources: records },
  ])
  server.addService(definition, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
})

after(() => {
  client.close()
  server.forceShutdown()
})

function encode(request: ClientStatusRequest): Buffer {
  return Buffer.from(ClientStatusRequest.encode(request).finish())
}

function fetch(fields: Partial<ClientStatusRequest> = {}): Promise<ClientStatusResponse> {
  return new Promise((resolve, reject) => {
    const request = create(ClientStatusRequest, fields)
    const decode = (bytes: Buffer): ClientStatusResponse => ClientStatusResponse.decode(bytes)
    client.makeUnaryRequest(`${path}/FetchClientStatus`, encode, decode, request, (error, response) => {
      if (error === null) resolve(response!)
      else reject(error)
    })
  })
}

function record(parts: Partial<ResourceRecord>): ResourceRecord {
  return {
    typeUrl,
    name: 'r',
    status: 'accepted',
    version: '',
    bytes: undefined,
    updatedMs: 0,
    fault: undefined,
    ...parts,
  }
}

test('a resource is told as it was received, with version, time, and the copy that was refused', async () => {
  records = [
    record({
      status: 'rejected',
      version: 'v1',
      bytes: textResource('r', 'good'),
      updatedMs: 1_500,
      fault: { details: 'is bad', atMs: 2_250, version: 'v2', bytes: textResource('r', 'bad') },
    }),
  ]
  const { config } = await fetch()
  assert.equal(config.length, 1)
  const { node, clientScope, genericXdsConfigs } = config[0]!
  assert.deepEqual([node?.id, clientScope], ['node-1', 'plane:1'])
  const told = genericXdsConfigs[0]!
  assert.deepEqual([told.typeUrl, told.name, told.versionInfo], [typeUrl, 'r', 'v1'])
  assert.equal(told.clientStatus, ClientResourceStatus.NACKED)
  assert.deepEqual(told.lastUpdated, { seconds: 1n, nanos: 500_000_000 })
  assert.equal(RouteConfiguration.decode(told.xdsConfig!.value).virtualHosts[0]?.name, 'good')
  const { errorState } = told
  assert.deepEqual([errorState?.details, errorState?.versionInfo], ['is bad', 'v2'])
  assert.deepEqual(errorState?.lastUpdateAttempt, { seconds: 2n, nanos: 250_000_000 })
  assert.equal(RouteConfiguration.decode(errorState!.failedConfiguration!.value).virtualHosts[0]?.name, 'bad')
})

test('every state has its name', async () => {
  const states: readonly (readonly [ResourceStatus, ClientResourceStatus])[] = [
    ['requested', ClientResourceStatus.REQUESTED],
    ['accepted', ClientResourceStatus.ACKED],
    ['rejected', ClientResourceStatus.NACKED],
    ['missing', ClientResourceStatus.DOES_NOT_EXIST],
    ['failed', ClientResourceStatus.RECEIVED_ERROR],
    ['overdue', ClientResourceStatus.TIMEOUT],
  ]
  records = states.map(([status]) => record({ status }))
  const { config } = await fetch()
  assert.deepEqual(
    config[0]?.genericXdsConfigs.map(({ clientStatus }) => clientStatus),
    states.map(([, told]) => told),
  )
  assert.equal(config[0]?.genericXdsConfigs[0]?.lastUpdated, undefined)
})

test('contents are left out where they are not wanted', async () => {
  const bytes = textResource('r', 'x')
  records = [record({ version: 'v1', bytes, fault: { details: 'd', atMs: 0, version: 'v2', bytes } })]
  const { config } = await fetch({ excludeResourceContents: true })
  const told = config[0]!.genericXdsConfigs[0]!
  assert.deepEqual(
    [told.versionInfo, told.xdsConfig, told.errorState?.failedConfiguration],
    ['v1', undefined, undefined],
  )
})

test('a request that selects nodes is refused', async () => {
  const request = { nodeMatchers: [create(NodeMatcher)] }
  await assert.rejects(fetch(request), { code: grpc.status.INVALID_ARGUMENT })
  const call = client.makeBidiStreamRequest(`${path}/StreamClientStatus`, encode, ClientStatusResponse.decode)
  const refused = new Promise<GrpcModule.ServiceError>((resolve) => call.on('error', resolve))
  call.on('data', () => {})
  call.write(create(ClientStatusRequest, request))
  assert.equal((await refused).code, grpc.status.INVALID_ARGUMENT)
})

test('a stream is answered request by request, and ends when it is told to', async () => {
  const call = client.makeBidiStreamRequest(`${path}/StreamClientStatus`, encode, (bytes) =>
    ClientStatusResponse.decode(bytes),
  )
  const answers: number[] = []
  const ended = new Promise<void>((resolve) => call.on('end', resolve))
  for (const count of [1, 2]) {
    records = Array.from({ length: count }, () => record({}))
    const answered = new Promise<ClientStatusResponse>((resolve) => call.once('data', resolve))
    call.write(create(ClientStatusRequest))
    answers.push((await answered).config[0]!.genericXdsConfigs.length)
  }
  call.end()
  await ended
  assert.deepEqual(answers, [1, 2])
})
