import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseBootstrapText } from '../bootstrap/parse-bootstrap.js'
import { decodeJson } from '../testing/rule-table.js'
import { clusterType } from './cluster/cluster-type.js'
import { endpointAssignmentType } from './endpoint/endpoint-assignment-type.js'
import { listenerType } from './listener/listener-type.js'
import type { ResourceType } from './resource-type.js'
import { routeConfigurationType } from './route/route-configuration-type.js'

/** Resources as istiod sent them, kept beside the checkout. */
const DUMPS = new URL('../../../../../shared/spec/istio-dumps/', import.meta.url)

/** What of them is not carried out; `UPDATE_UNSUPPORTED=1` writes it anew. It is to shrink from release to release. */
const LIST = new URL('../../src/resource/istio-dumps.unsupported.json', import.meta.url)

const TYPES: readonly ResourceType<unknown>[] = [
  listenerType,
  routeConfigurationType,
  clusterType,
  endpointAssignmentType,
]

/** Kinds of resources that the mesh never asks for, with the reason. */
const NOT_ASKED_FOR: Readonly<Record<string, string>> = {
  'type.googleapis.com/istio.networking.nds.v1.NameTable':
    'names are resolved by routes; a table of addresses is not read yet',
}

/** One field that is not carried out, wherever it stands in a list. */
interface Entry {
  readonly type: string
  readonly field: string
  readonly reason: string
  /** How often, by file. */
  readonly files: Record<string, number>
}

interface Dump {
  readonly [section: string]: { readonly resources?: Readonly<Record<string, unknown>> }
}

class Inventory {
  readonly malformed: string[] = []
  readonly #entries = new Map<string, Entry>()
  resources = 0

  add(file: string): void {
    const dump = JSON.parse(readFileSync(new URL(file, DUMPS), 'utf8')) as Dump
    for (const type of TYPES) {
      for (const [name, json] of Object.entries(dump[type.shortName]?.resources ?? {})) {
        this.resources++
        const decoded = decodeJson(type, json)
        assert.equal(decoded.name, name)
        if (decoded.kind === 'malformed') this.malformed.push(`${file} ${name} ${JSON.stringify(decoded.errors)}`)
        else for (const { field, reason } of decoded.unsupported) this.#count(type.shortName, field, reason, file)
      }
    }
    const known = TYPES.map((type) => type.shortName)
    for (const [section, { resources = {} }] of Object.entries(dump)) {
      if (known.includes(section) || Object.keys(resources).length === 0) continue
      this.#count(section, '', NOT_ASKED_FOR[section] ?? 'unknown', file)
    }
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.keys()].sort().map((key) => this.#entries.get(key)!)
  }

  #count(type: string, field: string, reason: string, file: string): void {
    const anywhere = field.replace(/\[\d+\]/g, '[*]')
    const key = `${type} ${anywhere} ${reason}`
    const entry = this.#entries.get(key) ?? { type, field: anywhere, reason, files: {} }
    entry.files[file] = (entry.files[file] ?? 0) + 1
    this.#entries.set(key, entry)
  }
}

const skip = existsSync(DUMPS) ? false : 'the dumps of istiod are not beside this checkout'

describe('what a real istiod sends', { skip }, () => {
  const inventory = new Inventory()
  if (skip === false)
    for (const file of readdirSync(DUMPS).filter((name) => name.endsWith('.json'))) inventory.add(file)

  it('is never malformed', () => {
    assert.deepEqual(inventory.malformed, [])
    assert.ok(inventory.resources > 100, `${inventory.resources} resources`)
  })

  it('includes the bootstrap that its agent writes', () => {
    const bootstrap = parseBootstrapText(readFileSync(new URL('agent-grpc-bootstrap.json', DUMPS), 'utf8'), {
      description: 'bootstrap of the agent',
    })
    assert.equal(bootstrap.servers[0]?.uri, 'unix:///etc/istio/proxy/XDS')
    assert.equal(bootstrap.serverListenerResourceNameTemplate, 'xds.istio.io/grpc/lds/inbound/%s')
  })

  it('is carried out, or listed with a reason, as the list in the repository says', () => {
    if (process.env.UPDATE_UNSUPPORTED === '1') writeFileSync(LIST, `${JSON.stringify(inventory.entries, null, 2)}\n`)
    assert.ok(inventory.entries.every(({ reason }) => reason !== 'unknown'))
    assert.deepEqual(inventory.entries, JSON.parse(readFileSync(LIST, 'utf8')))
  })
})
