import type { Removal } from './removal.js'

/** What the rows about deletion and data errors are about. */
export const deletion: readonly Removal[] = [
  {
    row: 28,
    without: 'the reason of a refusal in what is shown',
    file: 'xds/src/source/watched-resource.ts',
    code: 'fault: this.#fault()',
    becomes: 'fault: undefined',
  },
  {
    row: 28,
    without: 'the version in use where a newer one is refused',
    file: 'xds/src/source/watched-resource.ts',
    code: "version: cached === undefined ? '' : this.#version",
    becomes: "version: this.#rejection?.version ?? (cached === undefined ? '' : this.#version)",
  },
  {
    row: 36,
    without: 'the value that stays in use after its deletion',
    file: 'xds/src/ads/data-error-policy.ts',
    code: 'dropsDeleted: dropsFailed ||',
    becomes: 'dropsDeleted: true ||',
  },
  {
    row: 36,
    without: 'fail_on_data_errors for deletions',
    file: 'xds/src/ads/data-error-policy.ts',
    code: 'dropsDeleted: dropsFailed ||',
    becomes: 'dropsDeleted: false &&',
  },
  {
    row: 36,
    without: 'fail_on_data_errors for refusals',
    file: 'xds/src/ads/data-error-policy.ts',
    code: 'return { dropsFailed,',
    becomes: 'return { dropsFailed: false,',
  },
  {
    row: 41,
    without: 'the domains of virtual hosts',
    file: 'core/src/route/host-table.ts',
    code: 'this.#hosts.add(domain, table)',
    becomes: "this.#hosts.add('*', table)",
  },
  {
    row: 42,
    without: 'the good routes that stay in use',
    file: 'xds/src/ads/apply-response.ts',
    code: 'resource.reject(rejection, dropsRejected)',
    becomes: 'resource.reject(rejection, true)',
  },
  {
    row: 42,
    without: 'the word that routes were refused',
    file: 'xds/src/tree/target-node.ts',
    code: 'failed: (error) => this.#routesFailed(error)',
    becomes: 'failed: () => {}',
  },
  {
    row: 44,
    without: 'the word that a resource was deleted',
    file: 'xds/src/source/watched-resource.ts',
    code: 'this.#tell((watcher) => watcher.missing())',
    becomes: '',
  },
  {
    row: 85,
    without: 'forgetting the value with the deletion, so that it is news when it comes back',
    file: 'xds/src/source/watched-resource.ts',
    code: "this.#forgetAs('missing')",
    becomes: "this.#status = 'missing'",
  },
]
