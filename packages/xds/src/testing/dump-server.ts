import { readFileSync } from 'node:fs'
import { create, DiscoveryRequest, DiscoveryResponse } from '@inmesh/xds-proto'
import { loadJsonCodec } from '@inmesh/xds-proto/json'
import type { ControlStream, StreamListener, StreamOpener } from '../channel/control-stream.js'

interface DumpedType {
  readonly typeUrl?: string
  readonly resources?: Readonly<Record<string, unknown>>
}

/** Clusters with TLS are refused as a whole, so nothing could be seen of their endpoints. */
function withoutTls(json: unknown): unknown {
  const { transportSocket, transportSocketMatches, ...rest } = json as Record<string, unknown>
  return rest
}

/** A control plane that answers, in the state-of-the-world variant, with the resources of a dump. */
export class DumpServer implements StreamOpener {
  /** What was asked for, `LDS *` or `RDS 80`, in order. */
  readonly asked: string[] = []
  readonly #resources = new Map<string, ReadonlyMap<string, Uint8Array>>()
  readonly #shortNames = new Map<string, string>()

  /**
   * @param file - The dump.
   */
  constructor(file: URL) {
    const codec = loadJsonCodec()
    const dump = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, DumpedType>>
    for (const [shortName, { typeUrl, resources }] of Object.entries(dump)) {
      if (typeUrl === undefined) continue
      const entries = Object.entries(resources ?? {})
      this.#shortNames.set(typeUrl, shortName)
      this.#resources.set(
        typeUrl,
        new Map(entries.map(([name, json]) => [name, codec.encode(typeUrl, withoutTls(json))])),
      )
    }
  }

  openStream(_method: string, listener: StreamListener): ControlStream {
    const answered = new Map<string, string>()
    let version = 0
    queueMicrotask(() => listener.opened())
    return {
      send: (bytes) => {
        const { typeUrl, resourceNames } = DiscoveryRequest.decode(bytes)
        const names = resourceNames.join()
        // The acknowledgement of an answer names the same resources again.
        if (answered.get(typeUrl) === names) return
        answered.set(typeUrl, names)
        this.asked.push(`${this.#shortNames.get(typeUrl)} ${names}`)
        queueMicrotask(() => listener.message(this.#response(typeUrl, resourceNames, `${++version}`)))
      },
      pause: () => {},
      resume: () => {},
      finish: () => {},
      cancel: () => {},
    }
  }

  close(): void {}

  #response(typeUrl: string, names: readonly string[], version: string): Uint8Array {
    const all = this.#resources.get(typeUrl) ?? new Map<string, Uint8Array>()
    const wanted = names.includes('*') ? [...all.values()] : names.flatMap((name) => all.get(name) ?? [])
    const resources = wanted.map((value) => ({ typeUrl, value }))
    return DiscoveryResponse.encode(
      create(DiscoveryResponse, { typeUrl, versionInfo: version, nonce: version, resources }),
    ).finish()
  }
}
