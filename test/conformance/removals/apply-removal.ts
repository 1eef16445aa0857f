// Loaded by --import into every process of a test run that shows that a test notices the loss of a behaviour: hands out one built file without
// it, and for the bundles of the packages the files that they were made of. Nothing on the disk changes. CONFORMANCE_REMOVAL holds what is removed.
import { appendFileSync } from 'node:fs'
import * as module from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { builtFile, type Removal, withoutBehaviour } from './removal.js'

/** What the runner tells. */
export type AppliedRemoval = Pick<Removal, 'file' | 'code' | 'becomes'> & {
  /** A file that gets a line from every process that loads the changed code. */
  readonly reached: string
}

type Load = (url: string, context: object, next: (url: string, context: object) => unknown) => unknown
type Resolved = { readonly url: string }
type Resolve<Result> = (
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => Result,
) => Result

const removal = JSON.parse(process.env.CONFORMANCE_REMOVAL ?? '{}') as AppliedRemoval
const changed = builtFile(removal.file).href
const packages = new URL('../../../../packages/', import.meta.url).href

/** The hook of the module loader. */
export const load: Load = (url, context, next) => {
  if (url !== changed) return next(url, context)
  appendFileSync(removal.reached, `${process.pid}\n`)
  return { format: 'module', shortCircuit: true, source: withoutBehaviour(removal) }
}

function unbundled(resolved: Resolved): Resolved {
  if (!resolved.url.startsWith(packages)) return resolved
  return { ...resolved, url: resolved.url.replace('/dist/bundle/', '/dist/') }
}

/** The hook that finds modules: called on a thread of its own it may be answered later. */
export const resolve: Resolve<Resolved | Promise<Resolved>> = (specifier, context, next) => {
  const resolved = next(specifier, context)
  return resolved instanceof Promise ? resolved.then(unbundled) : unbundled(resolved)
}

// Node 20 has no hooks but those on a thread of their own, for which it loads this file again.
if (isMainThread) {
  const { registerHooks } = module as { registerHooks?: (hooks: { resolve: typeof resolve; load: Load }) => void }
  if (registerHooks !== undefined) registerHooks({ resolve, load })
  else module.register(import.meta.url)
}
