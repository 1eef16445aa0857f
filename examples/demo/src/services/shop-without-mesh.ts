// The same shop without a mesh: it knows the catalog's instances by a fixed list, and asks them in turn.
import { announce, endWith } from './lifecycle.js'
import { shopApp } from './shop-app.js'

const instances = process.argv.slice(2)
let next = 0

const app = shopApp((path, request) => fetch(`http://${instances[next++ % instances.length]}${path}`, request))

const server = app.listen(0, '127.0.0.1', () => announce(server))
endWith(() => new Promise((resolve) => server.close(resolve)))
