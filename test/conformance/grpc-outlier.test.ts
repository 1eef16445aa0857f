import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../support/patience.js'
import { suiteScope } from '../support/suite-scope.js'
import { GrpcMeshProcess } from './harness/grpc-mesh-process.js'
import { assignment, cluster, listener, locality, routes, to } from './harness/resources.js'
import { ScriptedControlPlane } from './harness/scripted-control-plane.js'
import { Upstream } from './harness/upstream.js'
import type { ScriptedResource } from './harness/world.js'

const echo = 'echo.test:80'

describe('gRPC calls: outlier detection', () => {
  const suite = suiteScope()
  const upstreams: Upstream[] = []
  before(async () => {
    for (const name of ['v1', 'v2', 'v3', 'v4', 'bad']) upstreams.push(await Upstream.start(suite, name, 'grpc'))
  })

  async function connected(t: TestContext, fields: ScriptedResource) {
    const ports = upstreams.map(({ port }) => port)
    const plane = await ScriptedControlPlane.start(t, [
      listener(echo),
      routes(echo, to(echo)),
      cluster(echo, fields),
      assignment(echo, locality('a', ports)),
    ])
    return await GrpcMeshProcess.start(t, plane, { clockFactor: 5 })
  }

  const failing = { headers: { 'x-status': '13', 'x-status-on': 'bad' } }

  it('#99 without outlier detection every status is of no consequence', async (t) => {
    const mesh = await connected(t, {})
    for (let round = 0; round < 3; round++) assert.ok(((await mesh.calls(echo, 100, failing)).bad ?? 0) > 0)
  })

  it('#99 #100 the message alone turns detection by success rate on, and one may always be left out', async (t) => {
    const mesh = await connected(t, { outlier_detection: { interval: '10s' } })
    await eventually(
      'the bad one is left out',
      () => mesh.calls(echo, 100, failing),
      (tally) => Object.keys(tally).length === 4 && tally.bad === undefined,
    )
  })

  it('#100 detection by failure percentage leaves out what fails more often than allowed', async (t) => {
    const mesh = await connected(t, {
      outlier_detection: {
        interval: '10s',
        enforcing_success_rate: 0,
        enforcing_failure_percentage: 100,
        failure_percentage_threshold: 50,
      },
    })
    await eventually(
      'the bad one is left out',
      () => mesh.calls(echo, 100, failing),
      (tally) => Object.keys(tally).length === 4 && tally.bad === undefined,
    )
  })
})
