import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type BodyFormat,
  FormatString,
  type JsonTemplate,
  type LocalReplyConfig,
  type ReplyMapper,
  type Route,
} from '@inmesh/core'
import { ClientFixture } from './testing/client-fixture.js'
import { cluster, endpoint, route, target } from './testing/configs.js'
import { TestUpstream } from './testing/test-upstream.js'

const text = (format: string): FormatString => FormatString.parse(format) as FormatString

function plain(format: string, parts: Partial<BodyFormat> = {}): BodyFormat {
  return { template: text(format), contentType: 'text/plain', omitsEmpty: false, ...parts }
}

function json(fields: Record<string, JsonTemplate>, omitsEmpty = false): BodyFormat {
  return { template: new Map(Object.entries(fields)), contentType: 'application/json', omitsEmpty }
}

function served(context: TestContext, localReplies: LocalReplyConfig, routes: readonly Route[], ports: number[] = []) {
  const mesh = new ClientFixture(context)
  const clusters = [
    cluster(
      'reviews',
      ports.map((port) => endpoint(port)),
    ),
  ]
  const made = target('reviews:80', routes, clusters)
  mesh.source.set('reviews:80', { ...made, listener: { ...made.listener, localReplies } })
  return async (path = '/', options: Record<string, unknown> = {}) => {
    const { statusCode: status, headers, body } = await mesh.response(path, options)
    return { status, headers, body: await body.text() }
  }
}

const REVIEWS = [route({ prefix: '/reviews', clusters: { reviews: 1 } })]
const AT_404: ReplyMapper['condition'] = { kind: 'status', operator: 'equal', status: 404 }
const UNHEALTHY: ReplyMapper['condition'] = { kind: 'flags', flags: ['UH'] }

test('the first mapper whose condition holds changes status, body and headers', async (context) => {
  const why = { name: 'x-why', value: text('%RESPONSE_FLAGS%'), action: 'overwrite', keepEmpty: false } as const
  const get = served(
    context,
    {
      mappers: [
        { condition: AT_404, body: 'nothing here', headers: [why] },
        { condition: UNHEALTHY, status: 502, headers: [] },
        { condition: { kind: 'any', conditions: [UNHEALTHY, AT_404] }, status: 500, headers: [] },
      ],
    },
    REVIEWS,
  )
  const missing = await get('/')
  assert.deepEqual([missing.status, missing.body, missing.headers['x-why']], [404, 'nothing here', 'NR'])
  const unhealthy = await get('/reviews')
  assert.deepEqual(
    [unhealthy.status, unhealthy.body, unhealthy.headers['x-why']],
    [502, 'no healthy upstream', undefined],
  )
})

test('a format makes the bodies, with the new status and a sign for what is missing', async (context) => {
  const mappers: ReplyMapper[] = [{ condition: UNHEALTHY, status: 599, headers: [] }]
  const format = plain('%LOCAL_REPLY_BODY%:%RESPONSE_CODE%:%REQ(x-none)%:%REQ(:path)%')
  const { body, headers } = await served(context, { mappers, format }, REVIEWS)('/reviews')
  assert.equal(body, 'no healthy upstream:599:-:/reviews')
  assert.deepEqual([headers['content-type'], headers['content-length']], ['text/plain', String(body.length)])
})

test('a JSON format has numbers, null for what is missing, or leaves it out', async (context) => {
  const fields = {
    code: text('%RESPONSE_CODE%'),
    list: [text('%REQ(x-none)%'), 1, true, null],
    missing: text('%REQ(x-none)%'),
    mixed: text('to %UPSTREAM_HOST%'),
    quoted: text('%LOCAL_REPLY_BODY%'),
  }
  const mappers: ReplyMapper[] = [{ condition: UNHEALTHY, body: 'a "b"', headers: [] }]
  const whole = await served(context, { mappers, format: json(fields) }, REVIEWS)('/reviews')
  assert.equal(whole.headers['content-type'], 'application/json')
  assert.equal(
    whole.body,
    '{"code":503,"list":[null,1,true,null],"missing":null,"mixed":"to -","quoted":"a \\"b\\""}\n',
  )
  const short = await served(context, { mappers, format: json(fields, true) }, REVIEWS)('/reviews')
  assert.deepEqual(Object.keys(JSON.parse(short.body)), ['code', 'list', 'mixed', 'quoted'])
})

test('the format of a mapper takes the place of that of all', async (context) => {
  const own = plain('<b>%LOCAL_REPLY_BODY%</b>', { contentType: 'text/html' })
  const mappers: ReplyMapper[] = [{ condition: UNHEALTHY, headers: [], format: own }]
  const get = served(context, { mappers, format: plain('all') }, REVIEWS)
  const { body, headers } = await get('/reviews')
  assert.deepEqual([body, headers['content-type']], ['<b>no healthy upstream</b>', 'text/html'])
  assert.equal((await get('/')).body, 'all')
})

test('a condition may look at headers of the request', async (context) => {
  const match = {
    name: 'accept',
    value: { kind: 'exact', value: 'application/json', ignoreCase: false },
    invert: false,
    treatMissingAsEmpty: false,
  } as const
  const browser: ReplyMapper['condition'] = {
    kind: 'all',
    conditions: [
      { kind: 'header', match },
      { kind: 'status', operator: 'at-least', status: 400 },
      { kind: 'status', operator: 'at-most', status: 499 },
      { kind: 'status', operator: 'not-equal', status: 403 },
    ],
  }
  const get = served(context, { mappers: [{ condition: browser, status: 410, headers: [] }] }, REVIEWS)
  assert.equal((await get('/', { headers: { accept: 'application/json' } })).status, 410)
  assert.equal((await get('/')).status, 404)
})

test('a gRPC request hears of it in its status and message', async (context) => {
  const mappers: ReplyMapper[] = [{ condition: UNHEALTHY, status: 404, headers: [] }]
  const format = json({ code: text('%RESPONSE_CODE%') })
  const grpc = { method: 'POST', headers: { 'content-type': 'application/grpc' } }
  const { status, headers, body } = await served(context, { mappers, format }, REVIEWS)('/reviews', grpc)
  assert.deepEqual(
    [status, headers['grpc-status'], decodeURI(String(headers['grpc-message'])), body],
    [200, '12', '{"code":404}', ''],
  )
})

test('answers that routes give are made over, responses of upstreams are not', async (context) => {
  const upstream = await TestUpstream.start(context, (request, response) => {
    request.resume()
    response.statusCode = 404
    response.end('from upstream')
  })
  const answer = route({
    prefix: '/answer',
    clusters: {},
    action: { kind: 'direct-response', status: 404, body: 'answer' },
  })
  const mappers: ReplyMapper[] = [{ condition: AT_404, status: 410, headers: [] }]
  const get = served(context, { mappers }, [answer, ...REVIEWS], [upstream.port])
  const answered = await get('/answer')
  assert.deepEqual([answered.status, answered.body], [410, 'answer'])
  const forwarded = await get('/reviews')
  assert.deepEqual([forwarded.status, forwarded.body], [404, 'from upstream'])
})

test('the answer of a route may have a format of its own', async (context) => {
  const action = {
    kind: 'direct-response',
    status: 200,
    body: 'hello',
    format: json({ path: text('%REQ(:path)%'), said: text('%LOCAL_REPLY_BODY%') }),
  } as const
  const get = served(context, { mappers: [] }, [route({ clusters: {}, action })])
  const { body, headers } = await get('/x')
  assert.deepEqual([body, headers['content-type']], ['{"path":"/x","said":"hello"}\n', 'application/json'])
})
