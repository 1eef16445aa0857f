import { type ChainMatch, type ConnectionSource, isNetwork, type NetworkBlock } from '@inmesh/core'
import { type FilterChainMatch, FilterChainMatch_ConnectionSourceType } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, MOOT } from '../field/field-treatments.js'
import { ViewReasons } from '../field/view-reasons.js'

const HIGHEST_PORT = 65_535

const FIELDS = new FieldTreatments<FilterChainMatch>({
  destinationPort: CARRIED,
  prefixRanges: CARRIED,
  serverNames: CARRIED,
  transportProtocol: CARRIED,
  applicationProtocols: CARRIED,
  directSourcePrefixRanges: CARRIED,
  sourceType: CARRIED,
  sourcePrefixRanges: CARRIED,
  sourcePorts: CARRIED,
  // Envoy does not read these two either.
  addressSuffix: MOOT,
  suffixLen: MOOT,
})

const SOURCES: Readonly<Record<FilterChainMatch_ConnectionSourceType, ConnectionSource>> = {
  [FilterChainMatch_ConnectionSourceType.ANY]: 'any',
  [FilterChainMatch_ConnectionSourceType.SAME_IP_OR_LOOPBACK]: 'local',
  [FilterChainMatch_ConnectionSourceType.EXTERNAL]: 'external',
}

/** What a chain without a match asks for: nothing. */
const EVERY_CONNECTION: ChainMatch = Object.freeze({
  destinations: [],
  serverNames: [],
  transport: '',
  protocols: [],
  directSources: [],
  source: 'any',
  sources: [],
  sourcePorts: [],
})

/**
 * Translates what a chain asks of its connections.
 *
 * @param scope - Where the match stands.
 * @param match - The match; undefined where there is none.
 */
export function translateChainMatch(scope: FieldScope, match: FilterChainMatch | undefined): ChainMatch {
  if (match === undefined) return EVERY_CONNECTION
  FIELDS.apply(scope, match, ViewReasons.refusals())
  const { destinationPort, serverNames, transportProtocol, applicationProtocols, sourcePorts } = match
  if (destinationPort !== undefined) checkPort(scope.at('destination_port'), destinationPort)
  for (const [index, port] of sourcePorts.entries()) checkPort(scope.at('source_ports', index), port)
  const source = SOURCES[match.sourceType]
  if (source === undefined) scope.at('source_type').malformed('is not a value of ConnectionSourceType')
  return {
    ...(destinationPort !== undefined && { destinationPort }),
    destinations: translateBlocks(scope, 'prefix_ranges', match.prefixRanges),
    serverNames: serverNames.map((name) => name.toLowerCase()),
    transport: transportProtocol,
    protocols: applicationProtocols,
    directSources: translateBlocks(scope, 'direct_source_prefix_ranges', match.directSourcePrefixRanges),
    source: source ?? 'any',
    sources: translateBlocks(scope, 'source_prefix_ranges', match.sourcePrefixRanges),
    sourcePorts,
  }
}

/**
 * Everything that a match is for, one text for each combination of what its lists name: two chains that share one cannot be told apart
 * (Envoy, "multiple filter chains with overlapping matching rules"; gRFC A36).
 *
 * @param match - The match.
 */
export function combinationsOf(match: ChainMatch): readonly string[] {
  const respects: readonly (readonly unknown[])[] = [
    [match.destinationPort ?? ''],
    match.destinations.map(textOf),
    match.serverNames,
    [match.transport],
    match.protocols,
    match.directSources.map(textOf),
    [match.source],
    match.sources.map(textOf),
    match.sourcePorts,
  ]
  let combinations = ['']
  for (const values of respects) {
    const named = values.length === 0 ? [''] : [...new Set(values)]
    combinations = combinations.flatMap((before) => named.map((value) => `${before}|${value}`))
  }
  return combinations
}

function checkPort(scope: FieldScope, port: number): void {
  if (port < 1 || port > HIGHEST_PORT) scope.malformed('must be 1 to 65535')
}

function translateBlocks(
  scope: FieldScope,
  field: string,
  ranges: FilterChainMatch['prefixRanges'],
): readonly NetworkBlock[] {
  return ranges.flatMap(({ addressPrefix: address, prefixLen: bits = 0 }, index) => {
    if (isNetwork(`${address}/${bits}`)) return { address, bits }
    scope.at(field, index).malformed(`${JSON.stringify(`${address}/${bits}`)} is no network`)
    return []
  })
}

/** The network alone: of the address only the bits that count. */
function textOf({ address, bits }: NetworkBlock): string {
  const [groups, width] = address.includes(':')
    ? [ipv6Groups(address), 16]
    : [address.split('.').map((part) => Number(part)), 8]
  const masked = groups.map((group, index) => {
    const kept = Math.min(width, Math.max(0, bits - index * width))
    return (group >> (width - kept)) << (width - kept)
  })
  return `${masked.join('.')}/${bits}`
}

function ipv6Groups(address: string): number[] {
  // A URL writes an address in its one shortest form, one that ends as IPv4 included.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16))
  const [before, after] = [groups(head), groups(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
