/** Where a defect belongs: what the mesh is by now, or a part that comes later. */
export type DefectPart = 'protocol' | 'core' | 'carrier' | 'later: server' | 'later: identity'

/** A test that a defect does not come back: its file from the root of the repository, and its title, or the beginning of it. */
export type DefectTest = readonly [file: string, title: string]

/** A defect that was seen in another client of xDS, and that a user who comes from there must not meet again. */
export interface PeerDefect {
  /** Stays when rows come and go. */
  readonly id: string
  /** What went wrong there. */
  readonly defect: string
  readonly part: DefectPart
  /** Required but for what comes later. */
  readonly tests: readonly DefectTest[]
}

const ads = 'packages/xds/src/ads/peer-defects.test.ts'
const xds = 'packages/xds/src'
const conformance = 'test/conformance'

/** Seen in grpc-js-xds 1.14, grpc-java, Armeria, istio-agent and go-control-plane. */
export const peerDefects: readonly PeerDefect[] = [
  {
    id: '1',
    defect: 'a resource that was deleted and comes back identical stays down for good',
    part: 'protocol',
    tests: [
      [ads, '1: a cluster that is deleted and comes back the same is in use again'],
      [ads, '1: a listener that is deleted and comes back the same is in use again'],
      [`${conformance}/deletion.test.ts`, '#85 a cluster that is missing fails its requests; it comes back identical'],
    ],
  },
  {
    id: '2',
    defect: 'a comparison that looks at the old keys only loses an override that is added to an empty map',
    part: 'protocol',
    tests: [
      [ads, '2: a filter override that is added where there was none takes effect'],
      [`${conformance}/routing.test.ts`, '#57 an override of a filter replaces it whole'],
    ],
  },
  { id: '3', defect: 'the override of RBAC of a route is ignored', part: 'later: server', tests: [] },
  { id: '4', defect: 'RBAC without rules rejects the whole listener', part: 'later: server', tests: [] },
  {
    id: '5',
    defect: 'a filter chain for the default transport protocol never matches',
    part: 'later: server',
    tests: [],
  },
  {
    id: '6',
    defect: 'a server listens on all interfaces, and a port that is taken ends the process',
    part: 'carrier',
    tests: [
      ['packages/http/src/server/mesh-server.test.ts', 'binds the address asked for and no other'],
      ['packages/http/src/server/mesh-server.test.ts', 'fails with a code and the cause when the port is taken'],
    ],
  },
  {
    id: '6b',
    defect: 'the address of a caller that is mapped into IPv6 is in no network of IPv4',
    part: 'core',
    tests: [['packages/core/src/matching/network-set.test.ts', 'an address is in a network of its family']],
  },
  {
    id: '7',
    defect: 'a regular expression with alternatives matches a part of the text',
    part: 'core',
    tests: [
      [
        'packages/core/src/matching/route-index.test.ts',
        'a regular expression must match the whole path, alternatives',
      ],
      [`${conformance}/routing.test.ts`, '#62 headers are matched whole'],
    ],
  },
  {
    id: '8',
    defect: 'a network whose address has bits behind its prefix never matches',
    part: 'core',
    tests: [['packages/core/src/matching/network-set.test.ts', 'an address is in a network of its family']],
  },
  { id: '8b', defect: 'rules of RBAC that are not known count as none', part: 'later: server', tests: [] },
  {
    id: '9',
    defect: 'a URI of a certificate that does not match falls through to its subject',
    part: 'later: identity',
    tests: [],
  },
  {
    id: '10',
    defect: 'configurations of servers that differ in their features count as the same',
    part: 'protocol',
    tests: [[ads, '10: servers are the same when all they say of themselves is, whatever the order']],
  },
  {
    id: '10b',
    defect: 'the first cluster that load is asked of is not reported',
    part: 'protocol',
    tests: [
      [
        `${xds}/load-report/load-report-client.test.ts`,
        'every cluster that is named is reported at each interval, the first of the list included',
      ],
    ],
  },
  {
    id: '10c',
    defect: 'what counts the load of a locality is never given back',
    part: 'protocol',
    tests: [[`${xds}/load-report/load-counter.test.ts`, 'endpoints that are gone are forgotten']],
  },
  {
    id: '11',
    defect: 'a response does not end the back-off, and watchers hear of each stream that ends',
    part: 'protocol',
    tests: [
      [ads, '11: a stream that had a response and ends is no news to watchers, each time, and back-off starts over'],
      [`${conformance}/ads-streams.test.ts`, '#29 a stream that ends after a response is no failure'],
    ],
  },
  {
    id: '11b',
    defect: 'the timers of new resources do not start on the second stream of a connection',
    part: 'protocol',
    tests: [[ads, '11: after a stream was replaced, what is watched then is missing in time too']],
  },
  {
    id: '11c',
    defect: 'what was begun before the end goes on after it, and fails where nobody sees',
    part: 'protocol',
    tests: [
      [`${xds}/tree/dependency-tree.test.ts`, 'is told nothing after the tree was closed'],
      ['packages/core/src/target/large-update.test.ts', 'a target that is closed meanwhile leaves no cluster behind'],
    ],
  },
  {
    id: '11d',
    defect: 'a listener that is deleted leaves its server in the state OK',
    part: 'later: server',
    tests: [],
  },
  {
    id: '11e',
    defect: 'one failed read of a file of certificates costs the good ones, and contexts are made anew for nothing',
    part: 'protocol',
    tests: [
      [`${xds}/channel/certificate-store.test.ts`, 'is refused at first and leaves the last good files in use later'],
      [`${xds}/channel/certificate-store.test.ts`, 'files that did not change give the same context'],
    ],
  },
  {
    id: '12',
    defect: 'a route that redirects or answers rejects the whole table',
    part: 'protocol',
    tests: [[ads, 'a route that redirects or answers by itself costs the others nothing']],
  },
  {
    id: '12b',
    defect: 'LEAST_REQUEST, RANDOM and MAGLEV reject the cluster',
    part: 'protocol',
    tests: [
      [`${xds}/resource/cluster/balancing-rules.test.ts`, 'RANDOM is carried for both views'],
      [`${xds}/resource/cluster/balancing-rules.test.ts`, 'MAGLEV is carried for both views'],
      [`${conformance}/validation.test.ts`, '#94 clusters that are odd are accepted'],
    ],
  },
  {
    id: '12c',
    defect: 'a route by query parameters matches every call',
    part: 'core',
    tests: [
      ['packages/http/src/client/routing.test.ts', 'requests are routed by query parameter'],
      [`${conformance}/grpc-routing.test.ts`, '#64 a route by query parameters does not exist'],
    ],
  },
  {
    id: '13',
    defect: 'a bad regular expression is accepted and ends the process at the first call',
    part: 'protocol',
    tests: [[ads, 'a regular expression that is none is rejected, and does not reach a call']],
  },
  {
    id: '14',
    defect: 'thousands of NACKs a second for one bad resource that is sent again at once',
    part: 'protocol',
    tests: [
      [ads, 'NACK loop: a server that answers every rejection with the same again gets ten in ten seconds'],
      [
        `${xds}/ads/ads-over-grpc.test.ts`,
        'a server that sends a rejected resource again at once is told once a second',
      ],
    ],
  },
  {
    id: '15',
    defect: 'the import of the package takes half a second and a hundred megabytes',
    part: 'core',
    tests: [[`${xds}/channel/idle-process.test.ts`, 'grpc-js is not loaded by importing the package']],
  },
  {
    id: '16',
    defect: 'ten thousand endpoints hold the event loop up for 400 ms',
    part: 'protocol',
    tests: [
      [`${xds}/resource/endpoint/sliced-decode.test.ts`, 'is decoded in slices of limited size'],
      ['packages/core/src/target/large-update.test.ts', 'a large one is taken over in slices, and used as a whole'],
    ],
  },
  {
    id: '17',
    defect: 'timers of load reports pile up',
    part: 'protocol',
    tests: [
      [`${xds}/load-report/load-report-client.test.ts`, 'an order that is repeated puts no report off'],
      [`${xds}/load-report/load-report-client.test.ts`, 'closed counters that nobody asks for do not pile up'],
    ],
  },
  {
    id: '17b',
    defect: 'a connection that went silent is never noticed',
    part: 'protocol',
    tests: [[`${xds}/channel/control-channel.test.ts`, 'a connection that went silent is noticed by keepalive']],
  },
  {
    id: '17c',
    defect: 'weights without total_weight end the process',
    part: 'protocol',
    tests: [[`${xds}/resource/route/action-rules.test.ts`, 'weights need not add up to 100 or to total_weight']],
  },
  {
    id: '18',
    defect: 'a server is not verified where nobody says by which authority',
    part: 'protocol',
    tests: [
      [
        `${xds}/channel/tls-channel.test.ts`,
        'without an authority file only the authorities that Node ships are trusted',
      ],
      [`${xds}/channel/tls-channel.test.ts`, 'a missing file keeps the connection from being made and is named'],
      [
        `${xds}/resource/cluster/cluster-rules.test.ts`,
        'a cluster that wants TLS and names no authority is refused: neither everybody nor plaintext stands in for it',
      ],
    ],
  },
  {
    id: '18b',
    defect: 'a control plane may have any file and any variable of the environment read',
    part: 'protocol',
    tests: [
      [`${xds}/resource/route/answer-rules.test.ts`, 'a body is never read from a file'],
      [`${xds}/resource/route/answer-rules.test.ts`, 'a body is never read from the environment'],
      [`${xds}/resource/route/change-rules.test.ts`, 'the environment of the process is never told'],
    ],
  },
  {
    id: '19',
    defect: 'a local agent serves the first stream of a process only',
    part: 'protocol',
    tests: [
      [`${conformance}/ads-streams.test.ts`, '#26 one stream serves every target, and ends with the mesh'],
      [`${conformance}/federation.test.ts`, '#26 authorities that have the same server share one stream to it'],
    ],
  },
]
