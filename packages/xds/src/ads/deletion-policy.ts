/** What becomes of a resource that was received and then deleted: its last value stays in use, or goes. */
export type DeletionPolicy = 'keep' | 'drop'

/** Deletion keeps the last value unless the bootstrap says otherwise (gRFC A88); the place for its server features. */
export function deletionPolicy(): DeletionPolicy {
  return 'keep'
}
