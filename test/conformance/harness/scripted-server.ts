// A process with xDS servers that do what a test tells them to, right or wrong, and report every request. State of the world
// and incremental, over gRPC in plaintext on loopback.
import * as grpc from '@grpc/grpc-js'
import { reportMethod, serveReports } from './load-reports.js'
import { type PartSay, serveParts } from './parts.js'
import { ScriptedStream, type StreamProtocol } from './scripted-stream.js'
import { deltaProtocol, sotwProtocol } from './stream-protocol.js'
import { World, type WorldChange } from './world.js'

type Call = grpc.ServerDuplexStream<Buffer, Buffer>

const service = '/envoy.service.discovery.v3.AggregatedDiscoveryService'
function bytesMethod(path: string): grpc.MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}

serveParts(async (_: object, say: PartSay) => {
  const world = new World()
  const streams = new Set<ScriptedStream>()
  let server: grpc.Server | undefined
  let port = 0
  let opened = 0

  function handler(protocol: StreamProtocol): (call: Call) => void {
    return (call) => {
      const stream = new ScriptedStream(++opened, protocol, call, world, say)
      streams.add(stream)
      const over = (): void => {
        if (streams.delete(stream)) say({ event: 'stream-over', stream: stream.id })
      }
      call.on('cancelled', over)
      call.on('error', over)
      call.on('end', over)
    }
  }

  async function listen(): Promise<void> {
    const started = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
    started.addService(
      {
        StreamAggregatedResources: bytesMethod(`${service}/StreamAggregatedResources`),
        DeltaAggregatedResources: bytesMethod(`${service}/DeltaAggregatedResources`),
        StreamLoadStats: reportMethod,
      },
      {
        StreamAggregatedResources: handler(sotwProtocol),
        DeltaAggregatedResources: handler(deltaProtocol),
        StreamLoadStats: serveReports(say),
      },
    )
    port = await new Promise<number>((resolve, reject) => {
      started.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(error)
      })
    })
    server = started
  }

  await listen()
  say({ event: 'listening', address: `127.0.0.1:${port}` })
  return {
    change: (change: WorldChange) => {
      world.change(change)
      for (const stream of streams) stream.push()
    },
    silence: ({ types }: { types: readonly string[] }) => {
      world.silent = new Set(types)
      for (const stream of streams) stream.push()
    },
    send: ({ responses }: { responses: Parameters<ScriptedStream['send']>[0] }) => {
      const stream = [...streams].at(-1)
      if (stream === undefined) throw new Error('no stream is open')
      return stream.send(responses)
    },
    endStreams: ({ code }: { code: number }) => {
      for (const stream of streams) stream.end(code)
    },
    stop: () => {
      server?.forceShutdown()
      server = undefined
    },
    restart: () => listen(),
    end: () => server?.forceShutdown(),
  }
})
