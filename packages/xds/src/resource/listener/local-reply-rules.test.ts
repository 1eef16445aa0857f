import assert from 'node:assert/strict'
import { FormatString, type LocalReplyConfig } from '@inmesh/core'
import { type Rule, refusedViews, testRules } from '../../testing/rule-table.js'
import type { ListenerResource } from './listener-resource.js'
import { listenerType } from './listener-type.js'

const TYPES = 'type.googleapis.com/envoy.extensions.filters'
const CONFIG = 'api_listener.api_listener.local_reply_config'

function replies(localReplyConfig: object): object {
  const apiListener = {
    '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
    rds: { configSource: { ads: {} }, routeConfigName: 'r' },
    httpFilters: [{ name: 'router', typedConfig: { '@type': `${TYPES}.http.router.v3.Router` } }],
    localReplyConfig,
  }
  return { name: 'l', apiListener: { apiListener } }
}

function status(op: string, defaultValue: number, runtimeKey = ''): object {
  return { statusCodeFilter: { comparison: { op, value: { defaultValue, runtimeKey } } } }
}

function expectReplies(check: (config: LocalReplyConfig) => void): (value: ListenerResource) => void {
  return ({ listener }) => check(listener.localReplies!)
}

const RULES: readonly Rule<ListenerResource>[] = [
  {
    id: 'LDS-140',
    rule: 'mappers are carried with status, body, headers and format',
    input: replies({
      mappers: [
        {
          filter: {
            andFilter: {
              filters: [
                status('GE', 500),
                { orFilter: { filters: [{ responseFlagFilter: { flags: ['UH'] } }, { notHealthCheckFilter: {} }] } },
                { headerFilter: { header: { name: 'X-A', presentMatch: true } } },
              ],
            },
          },
          statusCode: 502,
          body: { inlineString: 'sorry' },
          headersToAdd: [{ header: { key: 'X-Why', value: '%RESPONSE_FLAGS%' }, append: false }],
          bodyFormatOverride: { textFormatSource: { inlineString: '%LOCAL_REPLY_BODY%' }, contentType: 'text/html' },
        },
      ],
    }),
    outcome: 'carried',
    check: expectReplies(({ mappers: [mapper], format }) => {
      const { condition, headers, format: own, ...rest } = mapper!
      assert.deepEqual(rest, { status: 502, body: 'sorry' })
      assert.deepEqual(condition, {
        kind: 'all',
        conditions: [
          { kind: 'status', operator: 'at-least', status: 500 },
          {
            kind: 'any',
            conditions: [
              { kind: 'flags', flags: ['UH'] },
              { kind: 'all', conditions: [] },
            ],
          },
          {
            kind: 'header',
            match: {
              name: 'x-a',
              value: { kind: 'present', present: true },
              invert: false,
              treatMissingAsEmpty: false,
            },
          },
        ],
      })
      assert.deepEqual([headers[0]?.name, headers[0]?.action], ['x-why', 'overwrite'])
      assert.deepEqual([own?.contentType, own?.omitsEmpty, format], ['text/html', false, undefined])
    }),
  },
  {
    id: 'LDS-141',
    rule: 'a format of all bodies may be a JSON object, its keys in order',
    input: replies({
      bodyFormat: { jsonFormat: { z: 1, a: { deep: ['%RESPONSE_CODE%', true, null] } }, omitEmptyValues: true },
    }),
    outcome: 'carried',
    check: expectReplies(({ mappers, format }) => {
      assert.deepEqual([mappers.length, format?.contentType, format?.omitsEmpty], [0, 'application/json', true])
      assert.ok(format!.template instanceof Map)
      assert.deepEqual([...format!.template.keys()], ['a', 'z'])
    }),
  },
  {
    id: 'LDS-142',
    rule: 'a mapper whose condition cannot be tested is left out and listed, and the others stay',
    input: replies({
      mappers: [
        { filter: { durationFilter: {} }, statusCode: 502 },
        { filter: status('EQ', 404, 'key'), statusCode: 403 },
      ],
    }),
    outcome: 'listed',
    fields: [
      `${CONFIG}.mappers[0].filter`,
      `${CONFIG}.mappers[1].filter.status_code_filter.comparison.value.runtime_key`,
    ],
    check: expectReplies(({ mappers }) =>
      assert.deepEqual(
        mappers.map((mapper) => mapper.status),
        [403],
      ),
    ),
  },
  {
    id: 'LDS-143',
    rule: 'bodies and formats out of files and the environment, and unknown commands, are refused and listed',
    input: replies({
      mappers: [
        { filter: status('EQ', 404), body: { filename: '/etc/passwd' } },
        { filter: status('EQ', 404), body: { environmentVariable: 'TOKEN' } },
        { filter: status('EQ', 404), bodyFormatOverride: { textFormat: '%ENVIRONMENT(TOKEN)%' } },
      ],
      bodyFormat: { textFormatSource: { filename: '/etc/passwd' } },
    }),
    outcome: 'listed',
    fields: [
      `${CONFIG}.body_format.text_format_source.filename`,
      `${CONFIG}.mappers[0].body.filename`,
      `${CONFIG}.mappers[1].body.environment_variable`,
      `${CONFIG}.mappers[2].body_format_override.text_format`,
    ],
    check: expectReplies((config) => assert.deepEqual(config, { mappers: [] })),
  },
  {
    id: 'LDS-144',
    rule: 'a text format is a text with commands',
    input: replies({ bodyFormat: { textFormat: 'code %RESPONSE_CODE%' } }),
    outcome: 'carried',
    check: expectReplies(({ format }) => {
      assert.ok(format!.template instanceof FormatString)
      assert.deepEqual([format!.template.text, format!.contentType], ['code %RESPONSE_CODE%', 'text/plain'])
    }),
  },
]

testRules({
  type: listenerType,
  outcomeOf: ({ refused }, listed) => refusedViews(refused)[0] ?? (listed ? 'listed' : 'carried'),
  rules: RULES,
})
