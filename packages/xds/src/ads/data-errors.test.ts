import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, ResourceError } from '@inmesh/xds-proto'
import { AdsBench } from '../testing/ads-bench.js'
import { settled } from '../testing/fake-clock.js'
import { RecordingWatcher } from '../testing/recording-watcher.js'
import { fullStateType, partialStateType, type TextType, textResource } from '../testing/text-resource.js'
import type { DeletionPolicy } from './data-error-policy.js'

// What gRFC A88 says becomes of a resource in every kind of trouble, with and without a value in use, by mode.

const modes = {
  default: { features: [], deletion: 'keep' },
  fail_on_data_errors: { features: ['fail_on_data_errors'], deletion: 'keep' },
  'before A88': { features: [], deletion: 'drop' },
  'before A88, ignore_resource_deletion': { features: ['ignore_resource_deletion'], deletion: 'drop' },
  'both features': { features: ['ignore_resource_deletion', 'fail_on_data_errors'], deletion: 'drop' },
} as const satisfies Record<string, { features: readonly string[]; deletion: DeletionPolicy }>

type Mode = keyof typeof modes
const everyMode = Object.keys(modes) as Mode[]

const notFound = 5
const permissionDenied = 7
const internal = 13

function errorFor(name: string, code: number, message = 'because'): ResourceError {
  return create(ResourceError, {
    resourceName: { name, dynamicParameterConstraints: undefined },
    errorDetail: { code, message, details: [] },
  })
}

class Scene {
  readonly bench: AdsBench
  readonly type: TextType
  readonly watcher = new RecordingWatcher()
  #nonce = 0

  private constructor(mode: Mode, type: TextType, more: readonly string[]) {
    const { features, deletion } = modes[mode]
    this.bench = new AdsBench({ deletion }, [...features, ...more])
    this.type = type
    this.bench.client.watch(type, 'a', this.watcher)
    this.bench.client.watch(type, 'other', new RecordingWatcher())
  }

  static async open(
    mode: Mode,
    { cached = false, type = fullStateType(), more = [] as string[] } = {},
  ): Promise<Scene> {
    const scene = new Scene(mode, type, more)
    await scene.bench.open()
    if (cached) {
      await scene.respond('one')
      assert.deepEqual(scene.watcher.take(), ['changed one'])
    }
    return scene
  }

  /** A response with another resource, and with this one if there is a word for it. */
  async respond(word: string | undefined, errors: readonly ResourceError[] = []): Promise<void> {
    const resources = [textResource('other', 'one'), ...(word === undefined ? [] : [textResource('a', word)])]
    const anys = resources.map((value) => ({ typeUrl: this.type.typeUrl, value }))
    this.bench.opener.last.respondAny(this.type.typeUrl, `v${++this.#nonce}`, `n${this.#nonce}`, anys, errors)
    await settled()
  }

  late(): RecordingWatcher {
    const watcher = new RecordingWatcher()
    this.bench.client.watch(this.type, 'a', watcher)
    return watcher
  }
}

async function told(mode: Mode, cached: boolean, trouble: (scene: Scene) => Promise<void>): Promise<string[]> {
  const scene = await Scene.open(mode, { cached })
  await trouble(scene)
  return scene.watcher.take()
}

const unreachable = async ({ bench }: Scene): Promise<void> => {
  // A stream that had a response may end; the one after it has none.
  await bench.end()
  await bench.clock.advance(1_000)
  if (bench.client.connection.error === undefined) await bench.end()
}

const unavailable = 'ERR_INMESH_CONTROL_PLANE_UNAVAILABLE'
const invalid = 'ERR_INMESH_RESOURCE_INVALID'
const missing = 'ERR_INMESH_RESOURCE_MISSING'
const inPlace = 'ERR_INMESH_RESOURCE_ERROR'

for (const mode of everyMode) {
  const drops = mode === 'fail_on_data_errors' || mode === 'both features'
  const dropsDeleted = drops || mode === 'before A88'

  test(`${mode}: a server that cannot be reached fails what is not there and leaves what is`, async () => {
    assert.deepEqual(await told(mode, false, unreachable), [`failed ${unavailable}`])
    assert.deepEqual(await told(mode, true, unreachable), [`ambient ${unavailable}`])
  })

  test(`${mode}: a malformed copy fails what is not there and ${drops ? 'takes' : 'leaves'} what is`, async () => {
    const bad = (scene: Scene): Promise<void> => scene.respond('bad')
    assert.deepEqual(await told(mode, false, bad), [`failed ${invalid}`])
    assert.deepEqual(await told(mode, true, bad), [`${drops ? 'failed' : 'ambient'} ${invalid}`])
  })

  test(`${mode}: a deleted listener ${dropsDeleted ? 'goes' : 'stays in use'}`, async () => {
    assert.deepEqual(await told(mode, true, (scene) => scene.respond(undefined)), [
      dropsDeleted ? 'missing' : `ambient ${missing}`,
    ])
  })

  test(`${mode}: NOT_FOUND in place of a resource is "missing" where there is none, and ${drops ? 'takes' : 'leaves'} what is there`, async () => {
    const trouble = (scene: Scene): Promise<void> => scene.respond(undefined, [errorFor('a', notFound)])
    assert.deepEqual(await told(mode, false, trouble), ['missing'])
    assert.deepEqual(await told(mode, true, trouble), [drops ? 'missing' : `ambient ${inPlace}`])
  })

  test(`${mode}: PERMISSION_DENIED fails what is not there and ${drops ? 'takes' : 'leaves'} what is`, async () => {
    const trouble = (scene: Scene): Promise<void> => scene.respond(undefined, [errorFor('a', permissionDenied)])
    assert.deepEqual(await told(mode, false, trouble), [`failed ${inPlace}`])
    assert.deepEqual(await told(mode, true, trouble), [`${drops ? 'failed' : 'ambient'} ${inPlace}`])
  })

  test(`${mode}: any other error fails what is not there and leaves what is`, async () => {
    const trouble = (scene: Scene): Promise<void> => scene.respond(undefined, [errorFor('a', internal)])
    assert.deepEqual(await told(mode, false, trouble), [`failed ${inPlace}`])
    assert.deepEqual(await told(mode, true, trouble), [`ambient ${inPlace}`])
  })

  test(`${mode}: what was taken away comes back with the same bytes (a peer stays without it for good)`, async () => {
    for (const word of [undefined, 'bad']) {
      const scene = await Scene.open(mode, { cached: true })
      await scene.respond(word)
      scene.watcher.take()
      await scene.respond('one')
      assert.deepEqual(scene.watcher.take(), ['changed one'])
    }
  })
}

test('endpoints are not deleted by being absent, in any mode', async () => {
  for (const mode of everyMode) {
    const scene = await Scene.open(mode, { cached: true, type: partialStateType() })
    await scene.respond(undefined)
    assert.deepEqual(scene.watcher.take(), [])
  }
})

test('the error in place of a resource names both, the status and the node, and is told and logged once', async () => {
  const scene = await Scene.open('default', { cached: true })
  await scene.respond(undefined, [errorFor('a', permissionDenied, 'not yours')])
  await scene.respond(undefined, [errorFor('a', permissionDenied, 'not yours')])
  assert.deepEqual(scene.watcher.take(), [`ambient ${inPlace}`])
  const [error] = scene.watcher.errors
  assert.equal(error?.message, 'the control plane has no LDS "a": PERMISSION_DENIED: not yours (node node-1)')
  assert.deepEqual(error?.place, { resource: 'a' })
  assert.equal(scene.bench.log.filter((line) => line.includes('not yours')).length, 1)
})

test('an error in place of a resource holds for late watchers, through responses without it, until the resource comes', async () => {
  const scene = await Scene.open('default', { type: partialStateType() })
  await scene.respond(undefined, [errorFor('a', internal)])
  await scene.respond(undefined)
  const late = scene.late()
  await settled()
  assert.deepEqual(late.take(), [`failed ${inPlace}`])
  await scene.respond('one')
  assert.deepEqual(late.take(), ['changed one'])
  assert.deepEqual(scene.watcher.take(), [`failed ${inPlace}`, 'changed one'])
})

test('an error in place of a resource ends the wait for it', async () => {
  const scene = await Scene.open('default')
  await scene.respond(undefined, [errorFor('a', internal)])
  await scene.bench.clock.advance(60_000)
  assert.deepEqual(scene.watcher.take(), [`failed ${inPlace}`])
})

test('a response with errors is accepted, and the errors of what nobody asked for are passed over', async () => {
  const scene = await Scene.open('default', { cached: true })
  scene.bench.opener.last.take()
  await scene.respond('one', [errorFor('x', notFound), errorFor('', internal), create(ResourceError)])
  const [ack] = scene.bench.opener.last.take()
  assert.deepEqual([ack?.version, ack?.complaint], ['v2', undefined])
  assert.deepEqual(scene.watcher.take(), [])
})

test('a late watcher of a resource in trouble gets the value first, then the error', async () => {
  for (const [trouble, line] of [
    [(scene: Scene) => scene.respond('bad'), `ambient ${invalid}`],
    [(scene: Scene) => scene.respond(undefined), `ambient ${missing}`],
    [(scene: Scene) => scene.respond(undefined, [errorFor('a', internal)]), `ambient ${inPlace}`],
    [unreachable, `ambient ${unavailable}`],
  ] as const) {
    const scene = await Scene.open('default', { cached: true })
    await trouble(scene)
    const late = scene.late()
    await settled()
    assert.deepEqual(late.take(), ['changed one', line])
  }
})

test('the same complaint is told once, though the bytes differ; another one is told', async () => {
  const scene = await Scene.open('default', { cached: true })
  const [bad, longer] = [textResource('a', 'bad'), Buffer.concat([textResource('a', 'bad'), textResource('a', 'bad')])]
  for (const [index, bytes] of [bad, longer, textResource('a', 'bad too')].entries()) {
    scene.bench.opener.last.respond(scene.type.typeUrl, `w${index}`, `m${index}`, [bytes])
    await settled()
  }
  assert.deepEqual(scene.watcher.take(), [`ambient ${invalid}`, `ambient ${invalid}`])
})

test('with resource_timer_is_transient_error, a resource has 30 s, and then the control plane counts as slow', async () => {
  for (const feature of ['resource_timer_is_transient_error', 'resource_timer_indicates_transient_failure']) {
    const scene = await Scene.open('default', { more: [feature] })
    await scene.bench.clock.advance(29_999)
    assert.deepEqual(scene.watcher.take(), [])
    await scene.bench.clock.advance(1)
    assert.deepEqual(scene.watcher.take(), [`failed ${unavailable}`])
    assert.match(scene.watcher.errors[0]?.message ?? '', /did not send LDS "a" within 30000 ms \(node node-1\)/)
    await scene.respond('one')
    assert.deepEqual(scene.watcher.take(), ['changed one'])
  }
})
