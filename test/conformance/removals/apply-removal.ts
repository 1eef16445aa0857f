// Loaded by --import into every process of a test run that shows that a test notices the loss of a behaviour: hands out one built file without
// it. Nothing on the disk changes. CONFORMANCE_REMOVAL holds what is removed.
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

const removal = JSON.parse(process.env.CONFORMANCE_REMOVAL ?? '{}') as AppliedRemoval
const changed = builtFile(removal.file).href

/** The hook of the module loader. */
export const load: Load = (url, context, next) => {
  if (url !== changed) return next(url, context)
  appendFileSync(removal.reached, `${process.pid}\n`)
  return { format: 'module', shortCircuit: true, source: withoutBehaviour(removal) }
}

// Node 20 has no hooks but those on a thread of their own, for which it loads this file again.
if (isMainThread) {
  const { registerHooks } = module as { registerHooks?: (hooks: { readonly load: Load }) => void }
  if (registerHooks !== undefined) registerHooks({ load })
  else module.register(import.meta.url)
}
