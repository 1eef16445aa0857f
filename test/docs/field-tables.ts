import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { ROOT } from './markdown.js'

const RESOURCES = join(ROOT, 'packages/xds/src/resource')

/** What becomes of a field, as its table says; several where its value decides. */
export interface FieldFate {
  /** Name in the .proto file. */
  readonly field: string
  readonly fates: readonly Fate[]
}

/** See `Treatment` in packages/xds. */
export interface Fate {
  readonly kind: 'carried' | 'moot' | 'left-out' | 'refused'
  /** A sentence without the final stop; empty where the field is carried out or of no bearing. */
  readonly reason: string
  /** Whose calls fail. */
  readonly views: readonly string[]
}

/** The treatments of one message. */
export interface FieldTable {
  /** Folder below `resource`: `cluster`, `route`. */
  readonly folder: string
  /** Name of the generated message. */
  readonly message: string
  /** Name of the constant that holds the table. */
  readonly constant: string
  readonly fields: readonly FieldFate[]
}

/**
 * Reads every table of treatments out of the source: so the page cannot say anything else than the code does, and the code need not carry
 * names for the page.
 */
export function fieldTables(): FieldTable[] {
  const sources = sourceFiles().map((path) =>
    ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true),
  )
  const shared = new Map(sources.flatMap((source) => [...constantsOf(source)]))
  return sources.flatMap((source) => {
    const constants = new Map([...shared, ...constantsOf(source)])
    return tablesOf(source, relative(RESOURCES, source.fileName).split('/')[0]!, constants)
  })
}

function sourceFiles(): string[] {
  return readdirSync(RESOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join(RESOURCES, path))
    .sort()
}

function constantsOf({ statements }: ts.SourceFile): ReadonlyMap<string, ts.Expression> {
  const declarations = statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
  return new Map(
    declarations.flatMap(({ name, initializer }) => (initializer === undefined ? [] : [[name.getText(), initializer]])),
  )
}

function tablesOf(source: ts.SourceFile, folder: string, constants: ReadonlyMap<string, ts.Expression>): FieldTable[] {
  const names = importedNames(source)
  return [...constantsOf(source)].flatMap(([constant, made]) => {
    if (!ts.isNewExpression(made) || made.expression.getText() !== 'FieldTreatments') return []
    const type = /\w+/.exec(made.typeArguments![0]!.getText().replace('NonNullable<', ''))![0]
    const table = made.arguments![0] as ts.ObjectLiteralExpression
    const fields = table.properties.map((property) => fateOf(property as ts.PropertyAssignment, constants))
    return [{ folder, constant, message: names.get(type) ?? type, fields }]
  })
}

/** By the names that they have in a file, those that they were exported by. */
function importedNames({ statements }: ts.SourceFile): ReadonlyMap<string, string> {
  const bindings = statements.filter(ts.isImportDeclaration).map(({ importClause }) => importClause?.namedBindings)
  return new Map(
    bindings.flatMap((names) =>
      names !== undefined && ts.isNamedImports(names)
        ? names.elements.map(({ name, propertyName }) => [name.text, (propertyName ?? name).text] as const)
        : [],
    ),
  )
}

function fateOf(property: ts.PropertyAssignment, constants: ReadonlyMap<string, ts.Expression>): FieldFate {
  const fates: Fate[] = []
  collect(property.initializer, constants, fates)
  const field = property.name.getText()
  if (fates.length === 0)
    throw new Error(`cannot tell what becomes of ${field} in ${property.getSourceFile().fileName}`)
  return { field, fates }
}

/** Every treatment that an expression names, itself or by a constant. */
function collect(node: ts.Node, constants: ReadonlyMap<string, ts.Expression>, fates: Fate[]): void {
  if (ts.isIdentifier(node)) {
    if (node.text === 'CARRIED') fates.push({ kind: 'carried', reason: '', views: [] })
    else if (node.text === 'MOOT') fates.push({ kind: 'moot', reason: '', views: [] })
    else if (constants.has(node.text)) collect(constants.get(node.text)!, constants, fates)
    return
  }
  if (ts.isCallExpression(node)) {
    const text = (index: number): string => textOf(node.arguments[index]!, constants)
    switch (node.expression.getText()) {
      case 'leftOut':
        fates.push({ kind: 'left-out', reason: text(0), views: [] })
        return
      case 'refusedForHttp':
        fates.push({ kind: 'refused', reason: text(0), views: ['http'] })
        return
      case 'refusedFor':
        fates.push({ kind: 'refused', reason: text(1), views: text(0).split(',') })
        return
    }
  }
  ts.forEachChild(node, (child) => collect(child, constants, fates))
}

/** A text, or a list of texts joined by commas. */
function textOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>): string {
  if (ts.isArrayLiteralExpression(node)) return node.elements.map((element) => textOf(element, constants)).join(',')
  if (ts.isStringLiteralLike(node)) return node.text
  const named = constants.get(node.getText())
  if (named === undefined) throw new Error(`cannot read the text ${node.getText()} in ${node.getSourceFile().fileName}`)
  return textOf(named, constants)
}
