import { MeshError } from '../errors/mesh-error.js'

/** A package of the mesh as one part of the process has loaded it. */
export interface PackageCopy {
  /** Its name. */
  readonly name: string
  /** Its version; undefined where it runs from its sources, which go with everything. */
  readonly version: string | undefined
  /** Where it was loaded from, a URL. */
  readonly url: string
}

declare const PACKAGE_VERSION: string | undefined

const CORE: PackageCopy = {
  name: '@inmesh/core',
  version: typeof PACKAGE_VERSION === 'undefined' ? undefined : PACKAGE_VERSION,
  url: import.meta.url,
}

/** Under this symbol all copies in the process find each other, however different they are: it never changes. */
const PLACE = Symbol.for('inmesh.copies')

/**
 * Lets a package take part in the meshes of this process, together with the core that it was given. All that take part must be of one version:
 * what they hand each other (meshes, requests, contexts) has no form that lasts. Several copies of the same version go together.
 *
 * @param copy - The package.
 * @throws MeshError ERR_INMESH_VERSIONS naming both versions and where they were loaded from.
 */
export function admitCopy(copy: PackageCopy): void {
  const copies = admitted()
  for (const one of [CORE, copy]) {
    const { name, version, url } = one
    if (version === undefined || copies.has(`${name} ${url}`)) continue
    for (const other of copies.values()) {
      if (other.version === version) continue
      throw new MeshError(
        'ERR_INMESH_VERSIONS',
        `${name} ${version} (${url}) and ${other.name} ${other.version} (${other.url}) are loaded in one process: ` +
          'install one version of all packages of the mesh',
      )
    }
    copies.set(`${name} ${url}`, one)
  }
}

function admitted(): Map<string, PackageCopy> {
  const place = globalThis as { [PLACE]?: Map<string, PackageCopy> }
  if (place[PLACE] === undefined) {
    Object.defineProperty(globalThis, PLACE, { value: new Map<string, PackageCopy>(), configurable: true })
  }
  return place[PLACE]!
}
