import type { ResourceType, Unsupported } from '../resource/resource-type.js'

/** A part of a resource in use that is not carried out. */
export interface LiveUnsupported {
  /** Name of the resource. */
  readonly resource: string
  /** LDS, RDS, CDS or EDS. */
  readonly typeShortName: string
  /** Path of the field in proto names: `virtual_hosts[0].routes[2].redirect`. */
  readonly field: string
  /** What is missing and what becomes of calls, a sentence without the final stop. */
  readonly reason: string
}

/** One resource in use and what of it is not carried out. */
export interface LiveResource {
  /** Its type. */
  readonly type: Pick<ResourceType<unknown>, 'shortName'>
  /** Its name. */
  readonly name: string
  /** Its parts that are not carried out. */
  readonly unsupported: readonly Unsupported[]
}

/** Lists the unsupported parts of resources, each resource once however many targets share it. */
export function listUnsupported(resources: Iterable<LiveResource>): readonly LiveUnsupported[] {
  const byResource = new Map<string, LiveResource>()
  for (const resource of resources) byResource.set(`${resource.type.shortName} ${resource.name}`, resource)
  return [...byResource.values()].flatMap(({ type, name, unsupported }) =>
    unsupported.map(({ field, reason }) => ({ resource: name, typeShortName: type.shortName, field, reason })),
  )
}
