import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { MeshError } from '@inmesh/core'
import type { Environment } from '../options/environment.js'
import type { LocalityOption } from '../options/mesh-options.js'

/** Where Istio's injector puts the labels of a pod, by the downward API. */
const LABELS_FILE = '/etc/istio/pod/labels'

/** What the variables of Istio's agent begin with that become metadata of a node. */
const METADATA_PREFIX = 'ISTIO_META_'

/** The pod that a process runs in, as far as it was told. */
export interface Pod {
  /** `POD_NAME`. */
  readonly name: string
  /** `POD_NAMESPACE`. */
  readonly namespace: string
  /** `INSTANCE_IP`, else `POD_IP`; undefined where neither is an address. */
  readonly ip: string | undefined
  /** `SERVICE_ACCOUNT`. */
  readonly serviceAccount: string | undefined
  /** From the file of the downward API; empty without one. */
  readonly labels: Readonly<Record<string, string>>
  /** From labels of the pod. */
  readonly locality: LocalityOption | undefined
  /** What `ISTIO_META_*` say: `CLUSTER_ID`, `NETWORK`, `MESH_ID`, ... */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Finds out which pod the process runs in.
 *
 * @param environment - Variables to look in.
 * @param labelsFile - Path of the labels. Default: where Istio puts them, if they are there.
 * @returns undefined where `POD_NAME` and `POD_NAMESPACE` are not both given.
 * @throws MeshError ERR_INMESH_OPTIONS when the file that was named cannot be read.
 */
export function readPod(environment: Environment, labelsFile: string | undefined): Pod | undefined {
  const { POD_NAME: name, POD_NAMESPACE: namespace, SERVICE_ACCOUNT: serviceAccount } = environment
  if (!name || !namespace) return undefined
  const labels = parseLabels(readLabels(labelsFile))
  return {
    name,
    namespace,
    ip: [environment.INSTANCE_IP, environment.POD_IP].find((address) => isIP(address ?? '') !== 0),
    serviceAccount: serviceAccount || undefined,
    labels,
    locality: localityOf(labels),
    metadata: metadataOf(environment),
  }
}

function readLabels(file: string | undefined): string {
  try {
    return readFileSync(file ?? LABELS_FILE, 'utf8')
  } catch (cause) {
    if (file === undefined) return ''
    const message = `option labelsFile names ${file}, which cannot be read: ${(cause as Error).message}`
    throw new MeshError('ERR_INMESH_OPTIONS', message, { place: { field: 'labelsFile', file }, cause })
  }
}

/** A line for each, as the downward API writes them: `app="reviews"`. */
function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, key, quoted] of text.matchAll(/^([^=\n]+)=(.*)$/gm)) labels[key!.trim()] = unquoted(quoted!.trim())
  return labels
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    // The values of labels hold nothing that would have to be escaped.
    return text.slice(1, -1)
  }
}

/** Istio's label first, as it is made to overrule the others. */
function localityOf(labels: Readonly<Record<string, string>>): LocalityOption | undefined {
  const [region, zone, subZone] = labels['istio-locality']?.split(/[./]/) ?? [
    labels['topology.kubernetes.io/region'],
    labels['topology.kubernetes.io/zone'],
    labels['topology.istio.io/subzone'],
  ]
  if (!region) return undefined
  return { region, ...(zone && { zone }), ...(zone && subZone && { subZone }) }
}

function metadataOf(environment: Environment): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(METADATA_PREFIX) && value) metadata[name.slice(METADATA_PREFIX.length)] = value
  }
  return metadata
}
