import { type RegisteredService, type RegisteredWorkload, type Registrations, registeredHost } from '@inmesh/istio'

/** Told of workloads that begin or cease to serve. */
export interface WorkloadListener {
  /** The first stream of a workload said that it listens. */
  registered(workload: RegisteredWorkload): void
  /** Its last stream said that it drains, or ended. */
  removed(workload: RegisteredWorkload): void
}

interface Entry {
  readonly workload: RegisteredWorkload
  readonly owners: Set<object>
}

/**
 * Workloads that serve, each for as long as one of its streams says so: several processes behind one address, as the workers of a
 * cluster are, count as one endpoint.
 */
export class WorkloadRegistry {
  readonly #listener: WorkloadListener
  readonly #entries = new Map<string, Entry>()
  readonly #services = new Map<string, RegisteredService>()

  /** @param listener - Told of changes, after they took place. */
  constructor(listener: WorkloadListener) {
    this.#listener = listener
  }

  /** All workloads, and all services that ever had one. */
  get registrations(): Registrations {
    return {
      workloads: [...this.#entries.values()].map(({ workload }) => workload),
      services: [...this.#services.values()],
    }
  }

  /**
   * Takes what one stream says it serves now.
   *
   * @param owner - The stream.
   * @param workloads - All that it serves; none when it drains or has ended.
   */
  serve(owner: object, workloads: readonly RegisteredWorkload[]): void {
    const serving = new Map(workloads.map((workload) => [keyOf(workload), workload]))
    for (const [key, entry] of this.#entries) {
      if (entry.owners.has(owner) && !serving.has(key)) this.#leave(owner, key, entry)
    }
    for (const [key, workload] of serving) this.#join(owner, key, workload)
  }

  #join(owner: object, key: string, workload: RegisteredWorkload): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      entry.owners.add(owner)
      return
    }
    this.#entries.set(key, { workload, owners: new Set([owner]) })
    const { service, namespace, servicePort } = workload
    const known = { service, namespace, ...(servicePort === undefined ? {} : { servicePort }) }
    this.#services.set(`${registeredHost(workload)} ${servicePort ?? ''}`, known)
    this.#listener.registered(workload)
  }

  #leave(owner: object, key: string, entry: Entry): void {
    entry.owners.delete(owner)
    if (entry.owners.size > 0) return
    this.#entries.delete(key)
    this.#listener.removed(entry.workload)
  }
}

function keyOf(workload: RegisteredWorkload): string {
  return `${registeredHost(workload)} ${workload.servicePort ?? ''} ${workload.address} ${workload.port}`
}
