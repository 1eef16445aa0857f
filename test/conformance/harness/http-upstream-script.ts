// A process with plain HTTP servers, outside any mesh. Each answers with what it was asked, under the name that it was given; the
// query string can ask for a status (`?status=503`, with `on=` for one server only), for no answer at all (`?hang`), or for one when the
// test says so (`?hold`). It reports the load that the query string says (`load=v1:0.3,v2:0.9`).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PartSay, serveParts } from './parts.js'
import type { UpstreamParameters } from './upstream.js'

serveParts(async ({ name: server, port }: UpstreamParameters, say: PartSay) => {
  const held: (() => void)[] = []
  const upstream = createServer((request, response) => {
    const { method, url = '/', headers } = request
    const { searchParams } = new URL(url, 'http://upstream')
    say({ event: 'request', method, url })
    if (searchParams.has('hang')) return
    const answer = (): void => {
      const applies = (searchParams.get('on') ?? server) === server
      const status = applies ? Number(searchParams.get('status') ?? 200) : 200
      const load = new Map(
        searchParams
          .get('load')
          ?.split(',')
          .map((each) => each.split(':') as [string, string]),
      ).get(server)
      const report = load !== undefined && {
        'endpoint-load-metrics': `JSON {"application_utilization": ${load}, "rps_fractional": 100}`,
      }
      response.writeHead(status, { 'x-upstream': server, ...report })
      response.end(JSON.stringify({ server, method, url, headers }))
    }
    if (searchParams.has('hold')) held.push(answer)
    else answer()
  })
  upstream.on('connection', () => say({ event: 'connection' }))
  await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve))
  say({ event: 'listening', port: (upstream.address() as AddressInfo).port })
  const kill = (): void => {
    upstream.close()
    upstream.closeAllConnections()
  }
  return {
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    kill,
    end: kill,
  }
})
