import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestProcess } from '../support/test-process.js'

/** Makes Node answer as where the package is not installed. */
const HOOKS = `
export async function resolve(specifier, context, next) {
  if (specifier.startsWith('@opentelemetry/')) {
    throw Object.assign(new Error('not installed: ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' })
  }
  return next(specifier, context)
}`
const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
const WITHOUT = asUrl(`import { register } from 'node:module'; register(${JSON.stringify(asUrl(HOOKS))})`)

const SCRIPT = new URL('../support/untraced-script.js', import.meta.url)

interface Untraced {
  readonly traceparent: string
  readonly loaded: readonly string[]
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('a mesh', () => {
  for (const [what, env, loads] of [
    ['where @opentelemetry/api is not installed', { NODE_OPTIONS: `--import ${WITHOUT}` }, false],
    ['with tracing switched off', { INMESH_TRACING: 'false' }, false],
    ['where no SDK is registered', {}, true],
  ] as const) {
    it(`${what} passes traces on as they came`, async (context) => {
      const script = TestProcess.node(context, SCRIPT, { env })
      const { traceparent, loaded } = (await script.event('done')) as unknown as Untraced
      assert.equal(traceparent, TRACE)
      assert.equal(loaded.length > 0, loads, JSON.stringify(loaded))
    })
  }
})
