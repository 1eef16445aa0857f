import type { Removal } from './removal.js'

/** What the rows about federation are about. */
export const federation: readonly Removal[] = [
  {
    row: 27,
    without: 'the order of context parameters',
    file: 'xds/src/resource/xdstp-name.ts',
    code: '.sort()',
    becomes: '',
  },
  {
    row: 38,
    without: 'the servers of the authority',
    file: 'xds/src/authority/authority-router.ts',
    code: 'servers: config?.servers ?? this.#bootstrap.servers',
    becomes: 'servers: this.#bootstrap.servers',
  },
  {
    row: 39,
    without: 'the encoding of the target in a name',
    file: 'xds/src/tree/target-naming.ts',
    code: "template.startsWith('xdstp:') ?",
    becomes: 'false ?',
  },
  {
    row: 40,
    without: 'the error about an authority that nobody knows',
    file: 'xds/src/authority/authority-router.ts',
    code: 'if (!Object.hasOwn(this.#bootstrap.authorities, authority))',
    becomes: 'if (false)',
  },
]
