import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Fate, type FieldFate, type FieldTable, fieldTables } from './field-tables.js'
import { pageText, ROOT } from './markdown.js'

const PAGE = 'docs/xds-fields.md'

const INTRODUCTION = `# xDS fields

What becomes of the fields of xDS messages. A field that is **left out** is listed by \`mesh.unsupported()\` when it is set, and calls go on
without it. One that is **refused** would do harm if it were left out: calls of the view named fail where it is set, the rest of the
resource is in use. A field **of no bearing** speaks of something that a process without a proxy does not have. A malformed field costs its
whole resource, which the control plane is told of; \`packages/xds/src/resource\` holds a table of rules beside each message.

Messages that are carried out whole are not listed. \`UPDATE_DOCS=1 npm test\` writes this page anew from the tables that the code follows.
`

const FOLDERS: readonly (readonly [folder: string, title: string])[] = [
  ['listener', 'Listeners'],
  ['route', 'Routes'],
  ['cluster', 'Clusters'],
  ['tls', 'TLS'],
  ['endpoint', 'Endpoints'],
  ['filter', 'HTTP filters'],
  ['field', 'Everywhere'],
]

test(`${PAGE} says what the code does`, () => {
  const text = page(fieldTables())
  if (process.env.UPDATE_DOCS === '1') writeFileSync(join(ROOT, PAGE), text)
  assert.equal(pageText(PAGE), text, `run it with UPDATE_DOCS=1 to write ${PAGE} anew`)
})

function page(tables: readonly FieldTable[]): string {
  const known = FOLDERS.map(([folder]) => folder)
  assert.deepEqual(
    [...new Set(tables.map(({ folder }) => folder))].filter((folder) => !known.includes(folder)),
    [],
  )
  const parts = FOLDERS.flatMap(([folder, title]) => {
    const sections = tables
      .filter((table) => table.folder === folder && table.fields.some(isNotCarried))
      .map((table) => section(table, isOneOfSeveral(table, tables)))
    return sections.length === 0 ? [] : [`## ${title}\n`, ...sections]
  })
  return [INTRODUCTION, ...parts].join('\n')
}

function section({ message, constant, fields }: FieldTable, oneOfSeveral: boolean): string {
  const place = oneOfSeveral && constant !== 'FIELDS' ? `, ${words(constant.replace(/_FIELDS$/, ''))}` : ''
  const lines = [`### ${message.replaceAll('_', '.')}${place}`, '']
  const carried = fields.filter(({ fates }) => fates.every(({ kind }) => kind === 'carried'))
  const moot = fields.filter(({ fates }) => fates.every(({ kind }) => kind === 'moot'))
  if (carried.length > 0) lines.push(`Carried out: ${list(carried)}.`, '')
  if (moot.length > 0) lines.push(`Of no bearing: ${list(moot)}.`, '')
  const told = fields.filter(({ fates }) => fates.some(isTold))
  if (told.length > 0) {
    lines.push('| field | what becomes of it |', '|---|---|')
    for (const { field, fates } of told) lines.push(`| ${code(field)} | ${said(fates)} |`)
    lines.push('')
  }
  return lines.join('\n')
}

function isOneOfSeveral({ message, folder }: FieldTable, tables: readonly FieldTable[]): boolean {
  return tables.filter((other) => other.message === message && other.folder === folder).length > 1
}

function isNotCarried({ fates }: FieldFate): boolean {
  return fates.some(({ kind }) => kind !== 'carried')
}

function isTold({ kind }: Fate): boolean {
  return kind === 'left-out' || kind === 'refused'
}

function said(fates: readonly Fate[]): string {
  const depends = fates.length > 1 ? 'by its value: ' : ''
  return depends + fates.map(fateText).join('; or ')
}

function fateText({ kind, reason, views }: Fate): string {
  switch (kind) {
    case 'carried':
      return 'carried out'
    case 'moot':
      return 'of no bearing'
    case 'left-out':
      return `left out: ${reason}`
    case 'refused':
      return `refused for ${views.map((view) => (view === 'grpc' ? 'gRPC' : 'HTTP')).join(' and ')}: ${reason}`
  }
}

function list(fields: readonly FieldFate[]): string {
  return fields.map(({ field }) => code(field)).join(', ')
}

/** As the .proto files write it: no capital letters, and an underscore before the digits of two names. */
function code(field: string): string {
  return `\`${field.replace(/[A-Z]|(?<=onsecutive|proxy)\d+/g, (part) => `_${part.toLowerCase()}`)}\``
}

function words(constant: string): string {
  return constant.toLowerCase().replaceAll('_', ' ')
}
