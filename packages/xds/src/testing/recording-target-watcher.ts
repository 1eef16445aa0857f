import assert from 'node:assert/strict'
import type { MeshError, TargetConfig, TargetWatcher } from '@inmesh/core'

/** Keeps what a target's watcher is told. */
export class RecordingTargetWatcher implements TargetWatcher {
  /** Every configuration, in order. */
  readonly configs: TargetConfig[] = []
  /** Everything told, in short: `configured`, `unknown` or the code of a failure. */
  readonly words: string[] = []

  configured(config: TargetConfig): void {
    this.configs.push(config)
    this.words.push('configured')
  }

  unknown(): void {
    this.words.push('unknown')
  }

  failed(error: MeshError): void {
    this.words.push(error.code)
  }

  /** The newest configuration. */
  get config(): TargetConfig {
    const config = this.configs.at(-1)
    assert.ok(config, 'nothing was configured')
    return config
  }

  /** Ports of a cluster's endpoints in the newest configuration, or the code of its failure. */
  cluster(name: string): readonly number[] | string {
    const cluster = this.config.clusters.get(name)
    assert.ok(cluster, `no cluster ${name}`)
    if (cluster.kind === 'failed') return cluster.error.code
    if (cluster.kind === 'original-destination') return cluster.kind
    const parts = cluster.kind === 'aggregate' ? cluster.leaves : [cluster]
    const localities = parts.flatMap(({ endpoints }) => endpoints.localities)
    return localities.flatMap(({ endpoints }) => endpoints.map(({ port }) => port))
  }
}
