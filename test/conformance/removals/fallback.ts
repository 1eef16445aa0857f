import type { Removal } from './removal.js'

/** What the rows about server fallback are about. */
export const fallback: readonly Removal[] = [
  {
    row: 31,
    without: 'the second server',
    file: 'xds/src/authority/fallback-provider.ts',
    code: "while (last.state === 'unreachable' &&",
    becomes: 'while (false &&',
  },
  {
    row: 31,
    without: 'the way back to the first server',
    file: 'xds/src/authority/fallback-provider.ts',
    code: 'this.#closeBehind(server)',
    becomes: '',
  },
  {
    row: 31,
    without: 'staying with the first server where nothing is missing',
    file: 'xds/src/authority/fallback-provider.ts',
    code: 'if (this.#options.onReachabilityOnly) return true',
    becomes: 'return true',
  },
  {
    row: 32,
    without: 'asking the second server for everything',
    file: 'xds/src/authority/fallback-provider.ts',
    code: 'this.#open.push(server) for (const resource of this.#resources.values()) resource.ask(server)',
    becomes:
      'this.#open.push(server); for (const resource of this.#resources.values()) if (!resource.isCached) resource.ask(server)',
  },
  {
    row: 33,
    without: 'falling back where only some resources are there',
    file: 'xds/src/authority/fallback-provider.ts',
    code: 'if (this.#options.onReachabilityOnly) return true',
    becomes: 'for (const resource of this.#resources.values()) if (resource.isCached) return false',
  },
  {
    row: 34,
    without: 'the end of lower servers',
    file: 'xds/src/authority/fallback-provider.ts',
    code: 'const lower = this.#open.splice(this.#open.indexOf(server) + 1)',
    becomes: 'const lower = []',
  },
  {
    row: 35,
    without: 'the wait for the other servers before anybody is told',
    file: 'xds/src/authority/fallback-provider.ts',
    code: "if (last.state !== 'unreachable') return",
    becomes: '',
  },
]
