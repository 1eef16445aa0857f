import type { Removal } from './removal.js'

/** What the rows about aggregate clusters are about. */
export const aggregate: readonly Removal[] = [
  {
    row: 72,
    without: 'the wait for all of its clusters',
    file: 'xds/src/tree/cluster-root.ts',
    code: 'else if (!expansion.isWaiting)',
    becomes: 'else',
  },
  {
    row: 72,
    without: 'passing over one in error',
    file: 'xds/src/tree/cluster-root.ts',
    code: 'expansion.errors.push(state.error)',
    becomes: 'expansion.isTooDeep = true',
  },
  {
    row: 72,
    without: 'the limit of its depth',
    file: 'xds/src/tree/cluster-root.ts',
    code: 'const MAX_DEPTH = 16',
    becomes: 'const MAX_DEPTH = 1600',
  },
  {
    row: 74,
    without: 'the first place of a cluster that is reached twice: the last one counts',
    file: 'xds/src/tree/cluster-root.ts',
    code: 'if (expansion.met.has(name)) continue',
    becomes:
      'const again = expansion.leaves.findIndex(({ config }) => config.name === name); if (again >= 0) expansion.leaves.splice(again, 1); else if (expansion.met.has(name)) continue',
  },
  {
    row: 75,
    without: 'the end of a circle',
    file: 'xds/src/tree/cluster-root.ts',
    code: 'if (expansion.met.has(name)) continue',
    becomes: '',
  },
  {
    row: 76,
    without: 'the good endpoints that stay in use',
    file: 'xds/src/ads/apply-response.ts',
    code: 'resource.reject(rejection, dropsRejected)',
    becomes: 'resource.reject(rejection, true)',
  },
  {
    row: 76,
    without: 'the failure of endpoints that were never good',
    file: 'xds/src/tree/cluster-node.ts',
    code: "else if (this.#endpoints?.kind === 'failed') this.#become({ kind: 'failed', error: this.#endpoints.error })",
    becomes: '',
  },
  {
    row: 72,
    without: 'the next cluster where the first is unhealthy',
    file: 'core/src/hosts/priority-load.ts',
    code: 'if (whole === 0) return 0',
    becomes: 'return 100',
  },
  {
    row: 104,
    without: 'the next cluster where the first has nobody',
    file: 'core/src/hosts/priority-load.ts',
    code: 'if (whole === 0) return 0',
    becomes: 'return 100',
  },
]
