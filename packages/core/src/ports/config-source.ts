import type { MeshError } from '../errors/mesh-error.js'
import type { ResolvedCluster } from '../model/cluster.js'
import type { TargetConfig } from '../model/target-config.js'

/** What a {@link ConfigSource} tells about one target. Calls never come from inside {@link ConfigSource.watch}. */
export interface TargetWatcher {
  /**
   * The whole tree of the target is resolved: routes, every cluster they name and every cluster's endpoints (gRFC A74). Also called
   * for every later change; equal configurations are not delivered twice.
   */
  configured(config: TargetConfig): void
  /**
   * The source does not know the target. It may appear later, then {@link TargetWatcher.configured} is called.
   */
  unknown(): void
  /**
   * The target cannot be used and there is no earlier configuration to fall back to: the control plane's answer was malformed, or a
   * resource it must have is missing. Never called because a control plane is out of reach once a configuration was delivered.
   */
  failed(error: MeshError): void
}

/** What a {@link ConfigSource} tells about one cluster. Calls never come from inside {@link ConfigSource.watchCluster}. */
export interface ClusterWatcher {
  /** The cluster is known, or known to be in error. Also called for every later change. */
  clusterChanged(cluster: ResolvedCluster): void
}

/**
 * Where configuration comes from: an xDS control plane or a directory of files. The core names targets; how a name becomes resources
 * is the source's affair.
 */
export interface ConfigSource {
  /**
   * Starts to watch a target.
   *
   * @param name - `host:port`, the host in lower case.
   * @param watcher - Told of every change until the returned function is called.
   * @returns a function that ends the watch.
   */
  watch(name: string, watcher: TargetWatcher): () => void
  /**
   * Starts to watch a cluster that requests name, where no route does, or one that left every configuration while calls still use it, whose
   * retries go to its endpoints as they are then (gRFC A31). A source without this method knows no clusters but those of its targets.
   *
   * @param name - Name of the cluster.
   * @param watcher - Told of every change until the returned function is called.
   * @returns a function that ends the watch.
   */
  watchCluster?(name: string, watcher: ClusterWatcher): () => void
  /**
   * Connections to a cluster's endpoints failed or ended, so that names may lead elsewhere by now: those in DNS are to be looked up again, at the
   * source's own pace. Asked by gRPC only (gRFC A61, A62); Envoy looks names up by its timers. A cluster that has its endpoints from the control
   * plane ignores it (gRFC A37), as does a source without this method.
   *
   * @param cluster - Name of the cluster; one that the source does not know is ignored.
   */
  resolveAgain?(cluster: string): void
}
