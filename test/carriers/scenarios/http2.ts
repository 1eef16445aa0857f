import type { Scenario } from '../scenario.js'
import { decisions } from './decisions.js'
import { streams } from './streams.js'

/** To HTTP/2 there are no upgrades but those of WebSockets, and those where the server allows them (RFC 8441). */
const UPGRADES = {
  'undici upgrade': 'ERR_INMESH_UPGRADE',
  'undici connect': 'UND_ERR_SOCKET',
  'http.request': 'ERR_INMESH_UPGRADE',
  'http.request, installGlobal': 'ERR_INMESH_UPGRADE',
}

const requests = [...decisions.filter(({ title }) => title.startsWith('retry')), ...streams]

/** What it could change that a server speaks HTTP/2, and what comes of it there. */
export const http2: readonly Scenario[] = requests.map((scenario) =>
  scenario.title === 'upgrade'
    ? {
        ...scenario,
        about: 'to WebSocket, the only one that there is, and CONNECT, which this server refuses',
        otherwise: { ...scenario.otherwise, ...UPGRADES },
      }
    : { ...scenario, requestsOnly: true },
)
