// An application that knows of no mesh: what it calls and serves is captured by the command line that starts it.
import { createServer } from 'node:http'

const ratings = process.env.RATINGS_URL ?? 'http://ratings:9080'

const server = createServer(async (request, response) => {
  if (request.url === '/healthz') {
    response.end('alive\n')
    return
  }
  try {
    const answer = await fetch(`${ratings}${request.url}`)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ reviews: ['Fun.', 'Long.'], ratings: answer.ok ? await answer.json() : null }))
  } catch (error) {
    response.writeHead(502).end(`${error.message}\n`)
  }
})

server.listen(Number(process.env.PORT ?? 9080), () => console.log(`listening on port ${server.address().port}`))
