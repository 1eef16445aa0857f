import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CorsConfig } from '../model/cors-config.js'
import type { FilterOverrides } from '../model/filter-config.js'
import { filterContext, ListEditor } from '../testing/exchange-fixtures.js'
import { request } from '../testing/fixtures.js'
import { FilterChain } from './filter-chain.js'

const SHOP: CorsConfig = {
  kind: 'cors',
  allowOrigins: [{ kind: 'exact', value: 'https://shop.test', ignoreCase: false }],
}

function chain(...policies: readonly Omit<CorsConfig, 'kind'>[]): FilterChain {
  const overrides = policies.map((policy): FilterOverrides => new Map([['cors', { kind: 'cors', ...policy }]]))
  return FilterChain.compile([{ name: 'cors', config: { kind: 'cors' }, disabled: false }], overrides)
}

interface Outcome {
  readonly answered: boolean
  readonly headers: Readonly<Record<string, string>>
}

function pass(filters: FilterChain, headers: Record<string, string>, method = 'GET'): Outcome {
  const context = filterContext({ request: request({ method, headers }) })
  const verdict = filters.run(context)
  const reply = verdict.kind === 'local-reply' ? verdict : undefined
  const editor = new ListEditor([...(reply?.headers ?? [])])
  filters.respond(context, { status: reply?.httpStatus ?? 200, headers: editor })
  const pairs = editor.list.flatMap((name, index) =>
    index % 2 === 0 ? [[name, editor.list[index + 1]!] as const] : [],
  )
  return { answered: reply !== undefined, headers: Object.fromEntries(pairs) }
}

const ORIGIN = { origin: 'https://shop.test' }
const PREFLIGHT = { ...ORIGIN, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a,x-b' }

test('without a policy the filter is not run', () => {
  assert.equal(chain().length, 0)
})

test('a response to an allowed origin says so', () => {
  const filters = chain({ ...SHOP, allowCredentials: true, exposeHeaders: 'x-c', maxAge: '9' })
  assert.deepEqual(pass(filters, ORIGIN), {
    answered: false,
    headers: {
      'access-control-allow-origin': 'https://shop.test',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-c',
    },
  })
})

test('the older policy of routes counts where no override configures the filter', () => {
  const older = (overrides: readonly FilterOverrides[]): FilterChain =>
    FilterChain.compile([{ name: 'cors', config: { kind: 'cors' }, disabled: false }], overrides, {
      listener: '',
      cluster: '',
      cors: [{ kind: 'cors', exposeHeaders: 'x-c' }, SHOP],
    })
  assert.deepEqual(pass(older([]), ORIGIN).headers, {
    'access-control-allow-origin': 'https://shop.test',
    'access-control-expose-headers': 'x-c',
  })
  assert.deepEqual(pass(older([new Map([['cors', { kind: 'cors' }]])]), ORIGIN).headers, {})
})

test('a response to another origin, or to none, says nothing', () => {
  assert.deepEqual(pass(chain(SHOP), { origin: 'https://evil.test' }), { answered: false, headers: {} })
  assert.deepEqual(pass(chain(SHOP), {}), { answered: false, headers: {} })
})

test('a preflight request of an allowed origin is answered', () => {
  const filters = chain({ ...SHOP, allowMethods: 'GET,PUT', allowHeaders: 'x-a', maxAge: '60', allowCredentials: true })
  assert.deepEqual(pass(filters, PREFLIGHT, 'OPTIONS'), {
    answered: true,
    headers: {
      'access-control-allow-origin': 'https://shop.test',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '60',
    },
  })
})

test('an asterisk stands for what is asked for', () => {
  const { headers } = pass(chain({ ...SHOP, allowMethods: '*', allowHeaders: '*' }), PREFLIGHT, 'OPTIONS')
  assert.deepEqual(
    [headers['access-control-allow-methods'], headers['access-control-allow-headers']],
    ['PUT', 'x-a,x-b'],
  )
})

test('OPTIONS without a method to ask for is a request as any other', () => {
  assert.equal(pass(chain(SHOP), ORIGIN, 'OPTIONS').answered, false)
})

test('a preflight request of another origin goes on, or is answered without an origin', () => {
  const other = { ...PREFLIGHT, origin: 'https://evil.test' }
  assert.deepEqual(pass(chain(SHOP), other, 'OPTIONS'), { answered: false, headers: {} })
  const answering = chain({ ...SHOP, allowMethods: 'GET', forwardUnmatchedPreflights: false })
  assert.deepEqual(pass(answering, other, 'OPTIONS'), {
    answered: true,
    headers: { 'access-control-allow-methods': 'GET' },
  })
})

test('a private network is allowed where it is asked for', () => {
  const filters = chain({ ...SHOP, allowPrivateNetworkAccess: true })
  const name = 'access-control-allow-private-network'
  const asking = { ...PREFLIGHT, 'access-control-request-private-network': 'true' }
  assert.equal(pass(filters, asking, 'OPTIONS').headers[name], 'true')
  assert.equal(pass(filters, PREFLIGHT, 'OPTIONS').headers[name], undefined)
})

test('a condition that matches an asterisk allows every origin', () => {
  const any = chain({ allowOrigins: [{ kind: 'exact', value: '*', ignoreCase: false }] })
  assert.equal(pass(any, { origin: 'https://x.test' }).headers['access-control-allow-origin'], 'https://x.test')
})

test('each part is that of the most specific level that has it', () => {
  const filters = chain({ exposeHeaders: 'route' }, { ...SHOP, exposeHeaders: 'host', allowCredentials: true })
  assert.deepEqual(pass(filters, ORIGIN).headers, {
    'access-control-allow-origin': 'https://shop.test',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'route',
  })
})

test('the share of the requests is that of the most specific level alone', () => {
  const never = { perMillion: 0 }
  assert.deepEqual(pass(chain({ ...SHOP, enabled: never }), ORIGIN).headers, {})
  assert.notDeepEqual(pass(chain(SHOP, { enabled: never }), ORIGIN).headers, {})
})

test('a share is drawn once for request and response', () => {
  const filters = chain({ ...SHOP, enabled: { perMillion: 500_000 } })
  const context = filterContext()
  let marked = 0
  for (let round = 0; round < 2000; round++) {
    const one = { ...context, request: request({ headers: ORIGIN }) }
    filters.run(one)
    const headers = new ListEditor()
    filters.respond(one, { status: 200, headers })
    if (headers.list.length > 0) marked++
  }
  assert.ok(Math.abs(marked - 1000) < 120, String(marked))
})

test('the answer to a preflight request is none that a listener may make over', () => {
  const verdict = chain(SHOP).run(filterContext({ request: request({ method: 'OPTIONS', headers: PREFLIGHT }) }))
  assert.ok(verdict.kind === 'local-reply' && verdict.verbatim === true)
})
