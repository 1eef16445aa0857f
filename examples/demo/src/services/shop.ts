// The shop front, an Express app, in a mesh: it asks for the catalog by its name.
import { createMesh } from 'inmesh'
import { announce, endWith } from './lifecycle.js'
import { shopApp } from './shop-app.js'

const [controlPlane] = process.argv.slice(2)

const mesh = await createMesh({ service: 'shop', namespace: 'shop', controlPlane })
const app = shopApp((path, request) => mesh.fetch(`http://catalog${path}`, request))
const server = await mesh.listen(app, { port: 0, host: '127.0.0.1' })
await mesh.ready()

announce(server)
endWith(() => mesh.close())
