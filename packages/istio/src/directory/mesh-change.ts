import type { DeclaredResource, MeshConfig } from '../model/mesh-config.js'

/** A difference between two readings of a directory. */
export interface MeshChange {
  /** What became of it. */
  readonly change: 'added' | 'changed' | 'removed'
  /** Kind, or the last part of an xDS type URL. */
  readonly kind: string
  /** `namespace/name`, or the name of an xDS resource. */
  readonly name: string
  /** Path of the file that declares it, or did. */
  readonly file: string
}

/**
 * @param before - The earlier reading.
 * @param after - The later one.
 * @returns what differs, by kind and name. Comments, order and notation make no difference.
 */
export function meshChanges(before: MeshConfig, after: MeshConfig): readonly MeshChange[] {
  const earlier = byName(before)
  const later = byName(after)
  const changes: MeshChange[] = []
  for (const [key, resource] of later) {
    const known = earlier.get(key)
    if (known === undefined) changes.push(changeOf('added', resource))
    else if (known.content !== resource.content) changes.push(changeOf('changed', resource))
  }
  for (const [key, resource] of earlier) if (!later.has(key)) changes.push(changeOf('removed', resource))
  return changes
}

function byName(config: MeshConfig): ReadonlyMap<string, DeclaredResource> {
  return new Map(config.declared.map((resource) => [`${resource.kind} ${resource.name}`, resource]))
}

function changeOf(change: MeshChange['change'], { kind, name, file }: DeclaredResource): MeshChange {
  return { change, kind, name, file }
}
