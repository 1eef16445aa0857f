import type { AddressInfo } from 'node:net'
import type { NodeView, RegisteredService, RegisteredWorkload, Registrations } from '@inmesh/istio'
import type { WorkloadSettings } from '../options/mesh-settings.js'

/** The servers of this process as workloads of its service. */
export class LocalRegistrations {
  readonly #service: RegisteredService | undefined
  readonly #node: NodeView
  readonly #instanceIp: string
  readonly #workloads = new Set<RegisteredWorkload>()
  #served = false

  /**
   * @param settings - Which service it is, if any.
   * @param node - Who this workload is.
   */
  constructor(settings: WorkloadSettings, node: NodeView) {
    const { service, servicePort, instanceIp } = settings
    this.#service =
      service === undefined
        ? undefined
        : { service, namespace: node.namespace, ...(servicePort !== undefined && { servicePort }) }
    this.#node = node
    this.#instanceIp = instanceIp ?? '127.0.0.1'
  }

  /**
   * A server listens.
   *
   * @param address - The address bound to.
   * @returns a function that takes it back and tells whether it was still there; undefined when the workload is no part of a service.
   */
  add({ address, port }: AddressInfo): (() => boolean) | undefined {
    if (this.#service === undefined) return undefined
    const workload: RegisteredWorkload = {
      ...this.#service,
      address: address === '0.0.0.0' || address === '::' ? this.#instanceIp : address,
      port,
      labels: this.#node.labels,
      locality: this.#node.locality,
    }
    this.#workloads.add(workload)
    this.#served = true
    return () => this.#workloads.delete(workload)
  }

  /** All of them, and the service even after its last server has gone. */
  all(): Registrations {
    return {
      workloads: [...this.#workloads],
      services: this.#served && this.#service !== undefined ? [this.#service] : [],
    }
  }
}
