import type { Scenario } from '../scenario.js'
import { decisions } from './decisions.js'
import { streams } from './streams.js'

/** HTTP/2 knows WebSockets only, and those where the server allows them (RFC 8441). */
const UPGRADES = {
  'undici upgrade': 'ERR_INMESH_UPGRADE',
  'undici connect': 'UND_ERR_SOCKET',
  'http.request': 'ERR_INMESH_UPGRADE',
  'http.request, installGlobal': 'ERR_INMESH_UPGRADE',
  ws: 'ERR_INMESH_UPGRADE',
  'undici WebSocket': 'the event error',
  'WebSocket, installGlobal': 'the event error',
}

const requests = [...decisions.filter(({ title }) => title.startsWith('retry')), ...streams]

/** What it could change that a server speaks HTTP/2, and what comes of it there. */
export const http2: readonly Scenario[] = requests.map((scenario) =>
  scenario.title === 'upgrade'
    ? {
        ...scenario,
        about: 'which this server does not allow, and CONNECT, which it refuses',
        otherwise: { ...scenario.otherwise, ...UPGRADES },
      }
    : { ...scenario, requestsOnly: true },
)
