// Runs a service before and after it came into a mesh, and asks both the same: node compare.js express|fastify|axios|got|node-http|ws
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'

const [framework] = process.argv.slice(2)

// The service that both call, by a request or by a message.
const reviews = createServer((request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify([`review of ${request.url}`]))
})
new WebSocketServer({ server: reviews }).on('connection', (socket) => {
  socket.on('message', (path) => socket.send(JSON.stringify([`review of ${path}`])))
})
await once(reviews.listen(0, '127.0.0.1'), 'listening')
const { port } = reviews.address()

// Before, callers are told its address. After, the mesh is, by a directory in place of a control plane.
const mesh = await mkdtemp(join(tmpdir(), 'inmesh-before-after-'))
await writeFile(
  join(mesh, 'reviews.yaml'),
  `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: reviews
spec:
  hosts: [reviews.default.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ name: http, number: 80 }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${port} } }]
`,
)

try {
  console.log(`before: ${await ask('before', { REVIEWS_URL: `http://127.0.0.1:${port}` })}`)
  console.log(`after:  ${await ask('after', { INMESH_CONFIG: mesh })}`)
} finally {
  reviews.close()
  await rm(mesh, { recursive: true })
}

async function ask(when, environment) {
  const script = fileURLToPath(new URL(`${framework}/${when}.js`, import.meta.url))
  const service = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    for await (const line of createInterface({ input: service.stdout })) {
      const [, listening] = /listening on port (\d+)/.exec(line) ?? []
      if (listening !== undefined) return await (await fetch(`http://127.0.0.1:${listening}/products/7`)).text()
    }
    throw new Error(`${framework}/${when}.js ended before it listened`)
  } finally {
    service.kill()
  }
}
