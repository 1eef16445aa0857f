import { createMesh } from 'inmesh'

const mesh = await createMesh({ controlPlane: '127.0.0.1:15010' })
const queue = []

// A job is answered at once and carried out later: its message holds the context of the request that asked for it.
function takeJob(request, response) {
  queue.push(JSON.stringify({ path: request.url, context: mesh.context.capture() }))
  // Nobody waits for the note, which must be written also when the caller goes away.
  void mesh.detached(() => note('taken', request.url))
  response.writeHead(202).end()
}

async function carryOut(message) {
  const { path, context } = JSON.parse(message)
  await mesh.context.restore(context, async () => {
    const response = await mesh.fetch(`http://hello${path}`)
    await response.body?.cancel()
    note(`done with ${response.status}`, path)
  })
}

function note(what, path) {
  console.log(`${path}: ${what}, trace ${mesh.context.current()?.traceparent}`)
}

const consumer = setInterval(() => {
  const message = queue.shift()
  // A job that fails is tried again.
  if (message !== undefined) carryOut(message).catch(() => queue.push(message))
}, 100)
const server = await mesh.listen(takeJob, { port: 0, host: '127.0.0.1' })
console.log(`listening on port ${server.address().port}`)

process.once('SIGINT', async () => {
  clearInterval(consumer)
  await mesh.close()
})
