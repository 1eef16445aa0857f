import type { ConfigSource, MeshError } from '@inmesh/core'
import type { ClientStatus, LiveUnsupported } from '@inmesh/xds'
import type { Configuration } from './configuration.js'

/** The configuration of a mesh that is switched off: there is none, and nothing waits for it. */
export class NoConfiguration implements Configuration {
  readonly source: ConfigSource = {
    watch: (_name, watcher) => {
      queueMicrotask(() => watcher.unknown())
      return () => {}
    },
  }

  readonly inbound = undefined
  readonly isReady = true
  readonly loadReporting = undefined
  readonly locality = undefined

  async whenReady(): Promise<void> {}

  missing(): { readonly what: string; readonly cause: MeshError | undefined } {
    return { what: 'nothing', cause: undefined }
  }

  unsupported(): readonly LiveUnsupported[] {
    return []
  }

  register(): () => void {
    return () => {}
  }

  clientStatus(): readonly ClientStatus[] {
    return []
  }

  async flush(): Promise<void> {}

  close(): void {}
}
