import { Metadata } from '@grpc/grpc-js'
import { getPredicateForMatcher } from '@grpc/grpc-js-xds/build/src/route.js'
import {
  Cluster,
  NOTHING_REFUSED,
  type RequestView,
  type Route,
  type RouteMatch,
  RouteTable,
  SafeRegex,
  SeededRandom,
  SystemClock,
} from '@inmesh/core'
import type { Row } from './harness/benchmark.js'
import { median } from './harness/median.js'

const SIZES = [1, 10, 100, 1000, 10_000]
const ROUNDS = 15
/** What a match may cost, however many routes there are; running one regular expression included. */
const LIMIT_US = 2
const REGEX_LIMIT_US = 5

/** One way of telling routes apart: the route's own match in both forms, and a request for it. */
interface Kind {
  readonly what: string
  ours(route: number): Partial<RouteMatch>
  theirs(route: number): object
  path(route: number): string
  /** What a match may cost, in microseconds. Default: {@link LIMIT_US}. */
  readonly limitUs?: number
  /** How many routes of the kind grpc-js-xds can hold. Default: any number. */
  readonly theirMost?: number
}

const path = (route: number): string => `/shop.Service${route % 97}/Method${route}`

const KINDS: readonly Kind[] = [
  {
    what: 'exact path',
    ours: (route) => ({ path: { kind: 'exact', value: path(route), caseSensitive: true } }),
    theirs: (route) => ({ path_specifier: 'path', path: path(route) }),
    path,
  },
  {
    what: 'prefix',
    ours: (route) => ({ path: { kind: 'prefix', value: `/p${route}/`, caseSensitive: true } }),
    theirs: (route) => ({ path_specifier: 'prefix', prefix: `/p${route}/` }),
    path: (route) => `/p${route}/items/7`,
  },
  {
    what: 'regular expression',
    ours: (route) => ({ path: { kind: 'regex', regex: new SafeRegex(`/r${route}/[0-9]+`) } }),
    theirs: (route) => ({ path_specifier: 'safe_regex', safe_regex: { regex: `/r${route}/[0-9]+` } }),
    path: (route) => `/r${route}/42`,
    limitUs: REGEX_LIMIT_US,
    // Its expressions share 16 MB of WebAssembly memory; 10,000 of them end the process.
    theirMost: 1000,
  },
  {
    what: 'header, all of one path',
    ours: (route) => ({
      path: { kind: 'prefix', value: '/', caseSensitive: true },
      headers: [
        {
          name: 'x-user',
          value: { kind: 'exact', value: `u${route}`, ignoreCase: false },
          invert: false,
          treatMissingAsEmpty: false,
        },
      ],
    }),
    theirs: (route) => ({
      path_specifier: 'prefix',
      prefix: '/',
      headers: [
        { name: 'x-user', header_match_specifier: 'exact_match', exact_match: `u${route}`, invert_match: false },
      ],
    }),
    path: () => '/shop.Service/Method',
  },
]

/** What finding a route costs by their number and kind, beside grpc-js-xds, which looks at one after the other. */
export async function benchRoutes(): Promise<readonly Row[]> {
  return KINDS.flatMap((kind) => SIZES.map((size) => measure(kind, size)))
}

function measure(kind: Kind, size: number): Row {
  const { limitUs = LIMIT_US } = kind
  const random = new SeededRandom(size)
  const order = Array.from({ length: 512 }, () => random.below(size))
  const table = ours(kind, size)
  const requests = order.map((route): RequestView => {
    const user = `u${route}`
    const header = (name: string): string | undefined => (name === 'x-user' ? user : undefined)
    return { view: 'grpc', method: 'POST', path: kind.path(route), authority: 'shop', header }
  })
  const mesh = time((turn) => table.match(requests[turn]!)?.source.name === String(order[turn]), 200_000)
  return {
    what: `a match among ${size} routes by ${kind.what}`,
    bare: size > (kind.theirMost ?? size) ? 'out of memory' : `${measureTheirs(kind, order, size).toFixed(2)} µs`,
    mesh: `${mesh.toFixed(2)} µs`,
    target: `< ${limitUs} µs`,
    met: mesh < limitUs,
  }
}

function measureTheirs(kind: Kind, order: readonly number[], size: number): number {
  const predicates = Array.from({ length: size }, (_, route) =>
    getPredicateForMatcher({ headers: [], ...kind.theirs(route) } as never),
  )
  const calls = order.map((route) => {
    const metadata = new Metadata()
    metadata.set('x-user', `u${route}`)
    return { path: kind.path(route), metadata }
  })
  return time(
    (turn) => {
      const { path: called, metadata } = calls[turn]!
      return predicates.findIndex((predicate) => predicate.apply(called, metadata)) === order[turn]
    },
    Math.max(256, Math.floor(200_000 / size)),
  )
}

function ours(kind: Kind, size: number): RouteTable {
  const random = new SeededRandom(1)
  const cluster = new Cluster('c', { carriers: [], clock: new SystemClock(), random }, () => {})
  const routes = Array.from(
    { length: size },
    (_, route): Route => ({
      name: String(route),
      match: {
        path: { kind: 'prefix', value: '/', caseSensitive: true },
        headers: [],
        grpcOnly: false,
        ...kind.ours(route),
      },
      action: { kind: 'forward', clusters: [{ name: 'c', weight: 1, filterOverrides: new Map() }] },
      filterOverrides: new Map(),
      refused: NOTHING_REFUSED,
      skipped: NOTHING_REFUSED,
    }),
  )
  const configuration = {
    name: 'r',
    virtualHosts: [{ name: 'h', domains: ['*'], routes, filterOverrides: new Map() }],
    ignorePortInHostMatching: false,
  }
  return new RouteTable(
    { name: 'l', filters: [], maxStreamDurationMs: 0 },
    configuration,
    new Map([['c', cluster]]),
    random,
  )
}

/** @returns CPU microseconds per operation, which must find what it looks for. */
function time(find: (turn: number) => boolean, count: number): number {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < count; index++) {
      if (!find(index & 511)) throw new Error(`the wrong route in turn ${index & 511}`)
    }
    const used = process.cpuUsage(before)
    // The first rounds are slow: nothing is compiled.
    if (round >= 3) times.push((used.user + used.system) / count)
  }
  return median(times)
}
