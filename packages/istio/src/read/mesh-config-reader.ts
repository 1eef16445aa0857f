import type { MeshError } from '@inmesh/core'
import { loadJsonCodec, type ProtoJsonCodec } from '@inmesh/xds-proto/json'
import type { DestinationRule } from '../model/destination-rule.js'
import type { DeclaredResource, MeshConfig } from '../model/mesh-config.js'
import type { IstioKind, ResourceIdentity } from '../model/resource-identity.js'
import type { ServiceEntry } from '../model/service-entry.js'
import type { VirtualService } from '../model/virtual-service.js'
import type { WorkloadEntry } from '../model/workload-entry.js'
import type { XdsDocument } from '../model/xds-document.js'
import { readDestinationRule } from '../validate/destination-rule.js'
import { checkReferences } from '../validate/references.js'
import { readServiceEntry } from '../validate/service-entry.js'
import { readVirtualService } from '../validate/virtual-service.js'
import { readWorkloadEntry } from '../validate/workload-entry.js'
import { isXdsDocument, readXdsDocument } from '../validate/xds-document.js'
import { parseDocuments } from './document-parser.js'
import { Problems } from './problems.js'
import { readSourceFiles, type SourceFile } from './source-file.js'
import { readFields, type YamlFields } from './yaml-fields.js'
import type { YamlValue } from './yaml-value.js'

/** A configuration that was read without errors. */
export interface LoadedMeshConfig {
  /** Tells it from a refusal. */
  readonly kind: 'loaded'
  /** All of it. */
  readonly config: MeshConfig
}

/** A configuration with errors, of which nothing is taken. */
export interface RefusedMeshConfig {
  /** Tells it from a configuration. */
  readonly kind: 'refused'
  /** Every error (`ERR_INMESH_CONFIG_FILE`, each with its place). */
  readonly errors: readonly MeshError[]
}

/** What came of reading a configuration: all of it, or every error and none of it. */
export type MeshConfigResult = LoadedMeshConfig | RefusedMeshConfig

/**
 * Reads a configuration directory.
 *
 * @param directory - Path of the directory.
 * @returns the configuration, or every error found (`ERR_INMESH_CONFIG_FILE`, each with its place).
 */
export async function readMeshDirectory(directory: string): Promise<MeshConfigResult> {
  const problems = new Problems()
  const files = await readSourceFiles(directory, problems)
  return problems.errors.length > 0 ? { kind: 'refused', errors: problems.errors } : readMeshConfig(files)
}

/**
 * Reads configuration files as one configuration.
 *
 * @param files - The files.
 * @returns the configuration, or every error found (`ERR_INMESH_CONFIG_FILE`, each with its place).
 */
export function readMeshConfig(files: readonly SourceFile[]): MeshConfigResult {
  const problems = new Problems()
  const reader = new MeshConfigReader()
  for (const file of files) for (const root of parseDocuments(file, problems)) reader.read(root)
  const config = reader.config()
  // References are only worth a look when everything they may lead to was understood.
  if (problems.errors.length === 0) checkReferences(config, problems)
  return problems.errors.length > 0
    ? { kind: 'refused', errors: problems.errors }
    : { kind: 'loaded', config: { ...config, warnings: problems.warnings } }
}

const istioVersions = ['v1', 'v1beta1', 'v1alpha3'].map((version) => `networking.istio.io/${version}`)
const istioKinds: readonly IstioKind[] = ['ServiceEntry', 'WorkloadEntry', 'VirtualService', 'DestinationRule']

class MeshConfigReader {
  readonly #serviceEntries: ServiceEntry[] = []
  readonly #workloadEntries: WorkloadEntry[] = []
  readonly #virtualServices: VirtualService[] = []
  readonly #destinationRules: DestinationRule[] = []
  readonly #xdsDocuments: XdsDocument[] = []
  readonly #declared: DeclaredResource[] = []
  #codec: ProtoJsonCodec | undefined

  config(): Omit<MeshConfig, 'warnings'> {
    return {
      serviceEntries: this.#serviceEntries,
      workloadEntries: this.#workloadEntries,
      virtualServices: this.#virtualServices,
      destinationRules: this.#destinationRules,
      xdsDocuments: this.#xdsDocuments,
      declared: this.#declared,
    }
  }

  read(root: YamlValue): void {
    if (!root.isMap) root.fail('must be a map: an Istio resource or an xDS resource')
    else if (isXdsDocument(root)) this.#readXds(root)
    else this.#readIstio(root)
  }

  #readXds(root: YamlValue): void {
    this.#codec ??= loadJsonCodec()
    for (const document of readXdsDocument(root, this.#codec)) {
      this.#xdsDocuments.push(document)
      const kind = document.typeUrl.slice(document.typeUrl.lastIndexOf('.') + 1)
      const content = Buffer.from(document.bytes).toString('base64')
      this.#declared.push({ kind, name: document.name, file: document.place.file ?? '', content })
    }
  }

  #readIstio(root: YamlValue): void {
    switch (this.#kindOf(root)) {
      case 'ServiceEntry':
        this.#add(root, this.#serviceEntries, readServiceEntry)
        break
      case 'WorkloadEntry':
        this.#add(root, this.#workloadEntries, readWorkloadEntry)
        break
      case 'VirtualService':
        this.#add(root, this.#virtualServices, readVirtualService)
        break
      case 'DestinationRule':
        this.#add(root, this.#destinationRules, readDestinationRule)
        break
      case undefined:
        break
    }
  }

  #kindOf(root: YamlValue): IstioKind | undefined {
    const entries = new Map(root.entries())
    const version = entries.get('apiVersion')
    const kind = entries.get('kind')
    if (version === undefined || kind === undefined) {
      root.fail('must have apiVersion and kind, or @type for an xDS resource in proto-JSON')
      return undefined
    }
    const [versionText, kindText] = [version.string(), kind.string()]
    if (versionText === undefined || kindText === undefined) return undefined
    const known = istioKinds.find((name) => name === kindText)
    if (!istioVersions.includes(versionText) || known === undefined) {
      const place = known === undefined ? kind : version
      place.fail(`${kindText} of ${versionText} is not a kind that is read; these are: ${istioKinds.join(', ')}`)
      return undefined
    }
    return known
  }

  #add<T extends ResourceIdentity>(root: YamlValue, list: T[], read: (fields: YamlFields) => T): void {
    const resource = readFields(root, read)
    if (resource === undefined) return
    list.push(resource)
    this.#declared.push({
      kind: resource.kind,
      name: `${resource.namespace}/${resource.name}`,
      file: resource.place.file ?? '',
      content: JSON.stringify(root.plain()),
    })
  }
}
