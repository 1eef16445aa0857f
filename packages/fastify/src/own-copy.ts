import type { PackageCopy } from 'inmesh'

declare const PACKAGE_VERSION: string | undefined

/** This package, for the check that all packages of the mesh in a process are of one version. */
export const OWN_COPY: PackageCopy = {
  name: '@inmesh/fastify',
  version: typeof PACKAGE_VERSION === 'undefined' ? undefined : PACKAGE_VERSION,
  url: import.meta.url,
}
