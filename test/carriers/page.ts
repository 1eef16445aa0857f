import type { Carrier } from './carrier.js'
import { carriers } from './carriers.js'
import { situations, thrown } from './local-replies.js'
import {
  NO_OUTCOME,
  NOT_COPIED,
  NOT_FOLLOWED,
  NOT_OFFERED,
  NOT_REPEATED,
  REQUEST_ONLY,
  type Scenario,
  WORKS,
} from './scenario.js'
import { decisions } from './scenarios/decisions.js'
import { http2 } from './scenarios/http2.js'
import { names } from './scenarios/names.js'
import { streams } from './scenarios/streams.js'

const INTRODUCTION = `# What every client can do

The tests in \`test/carriers\` try each scenario with each client, against servers over HTTP/1.1 unless a table says otherwise; this page is written
from what they expect (\`UPDATE_DOCS=1 npm test\`). In a cell stands what comes of it:

- **${WORKS}**: the client has it as it has it without a mesh, and the mesh does its part.
- **${NOT_OFFERED}**: the client has no way to ask for it, or to show it. The rest of the call is unharmed.
- **${REQUEST_ONLY}**: the same, of the response alone.
- **${NOT_REPEATED}**: the client hands every body on as a stream, which is never sent twice. The caller gets the response.
- **${NOT_FOLLOWED}**: the client gets the redirect, and does not follow one whose request has a stream as its body.
- **${NOT_COPIED}**: the mirror gets nothing.
- **${NO_OUTCOME}**: it works, and the client gives nothing of the call that \`mesh.outcome()\` could be asked about.
- **the event error**: a WebSocket as in browsers tells no more than that it did not open.
- **a code**: the call fails with an error that has it, itself or as its cause; one that has none, with its name.

How a client is given the mesh is in [http-clients.md](http-clients.md). \`WebSocket\` is built into Node from version 22 on.
`

interface Table {
  readonly title: string
  readonly scenarios: readonly Scenario[]
}

const TABLES: readonly Table[] = [
  { title: 'Decisions', scenarios: decisions },
  { title: 'Bytes', scenarios: streams },
  { title: 'Over HTTP/2', scenarios: http2 },
  { title: 'Names of hosts', scenarios: names },
]

/** The page on clients. */
export function carriersPage(): string {
  return [INTRODUCTION, ...TABLES.map(table), REPLIES, replies(), '', THROWN, errors(), ''].join('\n')
}

const REPLIES = `## Answers of the mesh itself

What every client gets that shows responses, whatever they answer; with \`localReply: 'throw'\` an error with the code in its place. Either way
\`mesh.outcome()\` tells flags and code, where there is something to ask it about. undici's \`upgrade\` and \`connect\` and WebSockets as in browsers show
no response but the one that they ask for: their error is \`UND_ERR_SOCKET\`, and the event \`error\`.
`

function replies(): string {
  return [
    '| when | status | body | flags | code |',
    '|---|---|---|---|---|',
    ...situations.map(({ title, status, says, flags, code }) => {
      return `| ${title} | ${status} | ${says} | ${flags} | ${code === undefined ? 'always a response' : `\`${code}\``} |`
    }),
    `| the application's breaker is open (\`mesh.service()\`) | 503 | circuit breaker open | UO | \`ERR_INMESH_CIRCUIT_OPEN\` |`,
  ].join('\n')
}

const THROWN = `How the error reaches the caller with \`localReply: 'throw'\`:

| client | class | code |
|---|---|---|`

function errors(): string {
  return Object.entries(thrown)
    .map(([client, error]) => {
      return error === undefined
        ? `| ${client} | the event \`error\` | |`
        : `| ${client} | \`${error.name}\` | \`error.${error.at}\` |`
    })
    .join('\n')
}

function table({ title, scenarios }: Table): string {
  const shown = carriers.filter((carrier) => scenarios.some((scenario) => isTried(scenario, carrier)))
  const lines = [
    `## ${title}`,
    '',
    ...scenarios.map(({ title: name, about }) => `- **${name}**: ${about}.`),
    '',
    `| client | ${scenarios.map(({ title: name }) => name).join(' | ')} |`,
    `|---|${scenarios.map(() => '---|').join('')}`,
    ...shown.map(
      (carrier) => `| ${carrier.name} | ${scenarios.map((scenario) => cell(scenario, carrier)).join(' | ')} |`,
    ),
    '',
  ]
  return lines.join('\n')
}

function cell(scenario: Scenario, carrier: Carrier): string {
  if (!isTried(scenario, carrier)) return ''
  const result = scenario.otherwise[carrier.name] ?? WORKS
  return /^([A-Z_\d]+|\w+Error)$/.test(result) ? `\`${result}\`` : result
}

function isTried(scenario: Scenario, carrier: Carrier): boolean {
  return scenario.requestsOnly !== true || carrier.kind === 'request'
}
