// A process with gRPC servers, outside any mesh. Metadata can ask for a status (`x-status: 14`), for it on the first attempts only
// (`x-status-until: 2`) or of one server only (`x-status-on`), or for an answer when the test says so (`x-hold: 1`).
import * as grpc from '@grpc/grpc-js'
import { method } from './grpc-method.js'
import { type PartSay, serveParts } from './parts.js'
import type { UpstreamParameters } from './upstream.js'

function header(call: grpc.ServerUnaryCall<Buffer, Buffer>, key: string): string | undefined {
  const value = call.metadata.get(key)[0]
  return value === undefined ? undefined : String(value)
}

serveParts(async ({ name, port }: UpstreamParameters, say: PartSay) => {
  const held: (() => void)[] = []
  const server = new grpc.Server()
  server.register(
    method,
    (call: grpc.ServerUnaryCall<Buffer, Buffer>, respond: grpc.sendUnaryData<Buffer>) => {
      say({ event: 'request', attempt: header(call, 'x-attempt') ?? null })
      const metadata = new grpc.Metadata()
      metadata.set('x-upstream', name)
      metadata.set('x-authority', call.getHost())
      call.sendMetadata(metadata)
      const attempt = Number(header(call, 'x-attempt'))
      const failing = attempt <= Number(header(call, 'x-status-until') ?? Number.POSITIVE_INFINITY)
      const applies = failing && (header(call, 'x-status-on') ?? name) === name
      const code = applies ? Number(header(call, 'x-status') ?? 0) : 0
      const answer = (): void => {
        if (code === 0) respond(null, Buffer.alloc(0))
        else respond({ code, details: `as asked by attempt ${attempt}` })
      }
      if (header(call, 'x-hold') === undefined) answer()
      else held.push(answer)
    },
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    'unary',
  )
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  say({ event: 'listening', port: bound })
  const kill = (): void => server.forceShutdown()
  return {
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    kill,
    end: kill,
  }
})
