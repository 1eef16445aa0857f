import { createMesh } from 'inmesh'

const mesh = await createMesh({ controlPlane: '127.0.0.1:15010', service: 'hello' })

const hello = (_request, response) => response.end(`hello from process ${process.pid}\n`)
const server = await mesh.listen(hello, { port: 0, host: '127.0.0.1' })
console.log(`listening on port ${server.address().port}`)

process.once('SIGINT', () => mesh.close())
