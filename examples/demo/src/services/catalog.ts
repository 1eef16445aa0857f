// An instance of the catalog, a Fastify app, in a mesh: it registers itself once it listens.
import Fastify from 'fastify'
import { createMesh } from 'inmesh'
import { catalogRoutes } from './catalog-app.js'
import { Journal } from './journal.js'
import { announce, endWith } from './lifecycle.js'

const [name = '', version = '', port = '0', journalFile = '', controlPlane = ''] = process.argv.slice(2)

const mesh = await createMesh({ service: 'catalog', servicePort: 80, namespace: 'shop', version, controlPlane })
const app = Fastify({ serverFactory: mesh.serverFactory() })
catalogRoutes(app, { name, version, journal: new Journal(journalFile) })
await app.listen({ port: Number(port), host: '127.0.0.1' })
await mesh.ready()

announce(app.server)
endWith(() => mesh.close())
