import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { messageTypes, TypeUrl } from '@inmesh/xds-proto/all'
import { loadJsonCodec } from '@inmesh/xds-proto/json'

/** Resources as istiod sent them, as proto-JSON; kept beside the checkout, not in it. */
const folder = new URL('../../../../../../shared/spec/istio-dumps/', import.meta.url)

const typeUrls: Record<string, string> = {
  CDS: TypeUrl.Cluster,
  EDS: TypeUrl.ClusterLoadAssignment,
  LDS: TypeUrl.Listener,
  RDS: TypeUrl.RouteConfiguration,
}

/** What the dumps hold besides: types of Istio's own, which no client of this mesh asks for. */
const otherTypes = new Set([
  'type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig',
  'type.googleapis.com/istio.networking.nds.v1.NameTable',
  'type.googleapis.com/istio.workload.Address',
])

const codec = loadJsonCodec()

describe('what istiod serves', { skip: existsSync(folder) ? false : 'no dumps of istiod beside this checkout' }, () => {
  for (const [file, resources] of dumpedResources()) {
    it(`decodes, and comes back equal: ${file}`, () => {
      for (const { typeUrl, name, json } of resources) {
        const bytes = codec.encode(typeUrl, json)
        assert.deepEqual(codec.decode(typeUrl, bytes), json, name)

        const generated = messageTypes.get(typeUrl)
        assert.ok(generated, typeUrl)
        const again = generated.encode(generated.decode(bytes)).finish()
        assert.deepEqual(codec.decode(typeUrl, again), json, `${name}, through the generated codec`)
      }
    })
  }
})

interface DumpedResource {
  typeUrl: string
  name: string
  json: unknown
}

/** The resources by file; files without any are left out. */
function dumpedResources(): [file: string, resources: DumpedResource[]][] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files
    .map((file): [string, DumpedResource[]] => {
      const dump = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>
      return [file, Object.entries(dump).flatMap(([name, section]) => resourcesOf(typeUrls[name] ?? name, section))]
    })
    .filter(([, resources]) => resources.length > 0)
}

function resourcesOf(typeUrl: string, section: unknown): DumpedResource[] {
  if (otherTypes.has(typeUrl) || isIstioKind(typeUrl)) return []
  if (typeof section !== 'object' || section === null || !('resources' in section)) return []
  return Object.entries(section.resources as object).map(([name, json]) => ({ typeUrl, name, json }))
}

/** Such as `networking.istio.io/v1/VirtualService`: a kind of Kubernetes' API, not a message. */
function isIstioKind(name: string): boolean {
  return name.includes('.istio.io/')
}
