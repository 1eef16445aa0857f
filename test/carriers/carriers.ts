import type { Carrier } from './carrier.js'
import { fetchCarriers } from './clients/fetch.js'
import { nodeHttpCarriers } from './clients/node-http.js'
import { undiciCarriers } from './clients/undici.js'
import { webSocketCarriers } from './clients/web-socket.js'

/** Every client that the mesh carries. */
export const carriers: readonly Carrier[] = [
  ...fetchCarriers,
  ...undiciCarriers,
  ...nodeHttpCarriers,
  ...webSocketCarriers,
]
