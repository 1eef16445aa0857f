import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  LOAD_METRICS_BIN_HEADER,
  LOAD_METRICS_HEADER,
  parseLoadMetrics,
  readLoadReport,
} from './endpoint-load-metrics.js'
import type { EndpointLoadReport } from './endpoint-load-report.js'
import { decodeLoadReport } from './endpoint-load-report-bytes.js'

const EXPECTED: EndpointLoadReport = {
  cpuUtilization: 0.7,
  applicationUtilization: 0.8,
  memoryUtilization: 0.9,
  requestsPerSecond: 1000,
  errorsPerSecond: 2,
  requestCost: new Map(),
  utilization: new Map([['disk', 0.25]]),
  namedMetrics: new Map([
    ['foo', 123],
    ['a.b', 0.2],
  ]),
}

/** The same as protoc --encode gives. */
const BYTES = Buffer.from(
  [
    '09666666666666e63f', // cpu_utilization
    '11cdccccccccccec3f', // mem_utilization
    '2a0f0a046469736b11000000000000d03f', // utilization
    '310000000000408f40', // rps_fractional
    '390000000000000040', // eps
    '420e0a03666f6f110000000000c05e40', // named_metrics
    '420e0a03612e62119a9999999999c93f',
    '499a9999999999e93f', // application_utilization
    '1805', // rps, no longer used
    '7a0161', // a field that is newer
  ].join(''),
  'hex',
)

function plain(report: EndpointLoadReport | undefined): unknown {
  return report && { ...report }
}

test('a report is read as text, with either separator and with or without the word', () => {
  const text =
    'cpu_utilization=0.7, application_utilization:0.8,mem_utilization=0.9,rps_fractional=1000,eps=2,utilization.disk=0.25,' +
    'named_metrics.foo=123,named_metrics.a.b=0.2,unknown=1'
  assert.deepEqual(plain(parseLoadMetrics(`TEXT ${text}`)), EXPECTED)
  assert.deepEqual(plain(parseLoadMetrics(text)), EXPECTED)
})

test('a report is read as proto-JSON, in either spelling of the names', () => {
  const json = {
    cpuUtilization: 0.7,
    application_utilization: 0.8,
    memUtilization: 0.9,
    rpsFractional: 1000,
    eps: 2,
    utilization: { disk: 0.25 },
    namedMetrics: { foo: 123, 'a.b': 0.2 },
    other: {},
  }
  assert.deepEqual(plain(parseLoadMetrics(`JSON ${JSON.stringify(json)}`)), EXPECTED)
})

test('a report is read as a message, in either header', () => {
  const base64 = BYTES.toString('base64')
  assert.deepEqual(plain(parseLoadMetrics(`BIN ${base64}`)), EXPECTED)
  const headers: Record<string, string> = { [LOAD_METRICS_BIN_HEADER]: base64 }
  assert.deepEqual(plain(readLoadReport({ header: (name) => headers[name] })), EXPECTED)
  headers[LOAD_METRICS_HEADER] = 'eps=7'
  assert.equal(readLoadReport({ header: (name) => headers[name] })?.errorsPerSecond, 7)
  assert.equal(readLoadReport({ header: () => undefined }), undefined)
})

test('what is no report is none, however it is broken', () => {
  for (const value of [
    '',
    'cpu_utilization',
    'cpu_utilization=',
    'cpu_utilization=x',
    'JSON {',
    'JSON 1',
    'BIN !',
    'BIN CQ==',
  ]) {
    assert.equal(parseLoadMetrics(value), undefined, value)
  }
  assert.equal(parseLoadMetrics(`TEXT eps=1,${'x'.repeat(9000)}=1`), undefined)
  for (let length = 1; length < BYTES.length; length++) {
    // Cut between two fields it is a shorter report; anything else is none.
    const report = decodeLoadReport(BYTES.subarray(0, length))
    assert.ok(report === undefined || report.cpuUtilization === 0.7)
  }
})
