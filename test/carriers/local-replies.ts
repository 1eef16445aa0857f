/** An answer that the mesh makes in place of a server. */
export interface Situation {
  readonly title: string
  /** What asks for it. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly host?: string
  readonly status: number
  readonly body: RegExp
  /** The body, for the page. */
  readonly says: string
  /** Envoy's. */
  readonly flags: string
  /** Undefined for an answer that the configuration asks for: that is a response in any case. */
  readonly code: string | undefined
}

const RESET = 'upstream connect error or disconnect/reset before headers. reset reason: '

function situation(
  title: string,
  asked: Pick<Situation, 'path' | 'query' | 'host'>,
  status: number,
  says: string,
  flags: string,
  code: string | undefined,
): Situation {
  return { title, ...asked, status, says, body: new RegExp(`^${says.replaceAll('.', '\\.')}$`), flags, code }
}

/** When the mesh answers itself, and what. */
export const situations: readonly Situation[] = [
  situation('no route matches', { path: '/nowhere' }, 404, '', 'NR', 'ERR_INMESH_NO_ROUTE'),
  situation(
    'the route names a cluster that does not exist',
    { path: '/ghost' },
    503,
    '',
    'NC',
    'ERR_INMESH_NO_CLUSTER',
  ),
  situation(
    'the host is not in the mesh, and the policy is `registry-only`',
    { path: '/', host: 'elsewhere.test' },
    502,
    '',
    'NR',
    'ERR_INMESH_OUTBOUND_REFUSED',
  ),
  situation(
    'no endpoint can take the request',
    { path: '/empty' },
    503,
    'no healthy upstream',
    'UH',
    'ERR_INMESH_NO_HEALTHY_ENDPOINT',
  ),
  situation(
    'a threshold of the cluster is reached',
    { path: '/', host: 'narrow' },
    503,
    `${RESET}overflow`,
    'UO',
    'ERR_INMESH_OVERFLOW',
  ),
  situation(
    'no connection can be made',
    { path: '/nobody' },
    503,
    `${RESET}remote connection failure`,
    'UF',
    'ERR_INMESH_CONNECT',
  ),
  situation(
    'the same after the last retry',
    { path: '/exhausted' },
    503,
    `${RESET}remote connection failure`,
    'UF,URX',
    'ERR_INMESH_CONNECT',
  ),
  situation(
    'the connection breaks before the response',
    { path: '/broken', query: { do: 'reset' } },
    503,
    `${RESET}connection termination`,
    'UC',
    'ERR_INMESH_RESET',
  ),
  situation(
    'the time limit passes',
    { path: '/slow', query: { do: 'hold' } },
    504,
    'upstream request timeout',
    'UT',
    'ERR_INMESH_TIMEOUT',
  ),
  situation('a fault is injected', { path: '/fault' }, 418, 'fault filter abort', 'FI', 'ERR_INMESH_FAULT'),
  situation('the configuration answers', { path: '/closed' }, 410, 'gone for good', '-', undefined),
]

/** What a client makes of an answer of the mesh that is thrown. */
export interface Thrown {
  /** Name of the class. */
  readonly name: string
  /** Where the code is. */
  readonly at: 'code' | 'cause.code'
}

const OWN: Thrown = { name: 'MeshError', at: 'code' }
const OF_FETCH: Thrown = { name: 'TypeError', at: 'cause.code' }

/** The errors of each client; undefined where it shows none. */
export const thrown: Readonly<Record<string, Thrown | undefined>> = {
  'mesh.fetch': OF_FETCH,
  'mesh.service().fetch': OF_FETCH,
  'fetch, installGlobal': OF_FETCH,
  'fetch, dispatcher': OF_FETCH,
  'undici 6 fetch': OF_FETCH,
  'undici request': OWN,
  'undici stream': OWN,
  'undici pipeline': OWN,
  'undici 6 request': OWN,
  'undici upgrade': OWN,
  'undici connect': OWN,
  'http.request': OWN,
  'http.request, installGlobal': OWN,
  axios: { name: 'AxiosError', at: 'code' },
  got: { name: 'RequestError', at: 'code' },
  ws: OWN,
  'undici WebSocket': undefined,
  'WebSocket, installGlobal': undefined,
}
