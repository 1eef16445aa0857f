import { MeshError } from '@inmesh/core'

/**
 * The error for a resource that the control plane does not have.
 *
 * @param what - What it is, with the name: `cluster reviews`.
 * @param resource - Its name.
 */
export function missingResource(what: string, resource: string): MeshError {
  return new MeshError('ERR_INMESH_RESOURCE_MISSING', `the control plane does not have ${what}`, {
    place: { resource },
  })
}
