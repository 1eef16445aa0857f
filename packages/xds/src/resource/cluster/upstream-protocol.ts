import type { UpstreamProtocol } from '@inmesh/core'
import {
  type Cluster,
  Cluster_ClusterProtocolSelection,
  type Http1ProtocolOptions,
  type UpstreamHttpProtocolOptions_AutoHttpConfig,
  type UpstreamHttpProtocolOptions_UseDownstreamHttpConfig,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'
import { CARRIED, FieldTreatments, leftOut, MOOT } from '../field/field-treatments.js'
import type { ViewReasons } from '../field/view-reasons.js'
import { translateHttp2Options } from './http2-options.js'
import type { ProtocolOptions } from './protocol-options.js'

const NO_HTTP3 = leftOut('HTTP/3 is not spoken; the next lower version is')

const HTTP1_FIELDS = new FieldTreatments<Http1ProtocolOptions>({
  // For those who listen.
  allowAbsoluteUrl: MOOT,
  acceptHttp10: MOOT,
  defaultHostForHttp10: MOOT,
  ignoreHttp11Upgrade: MOOT,
  useBalsaParser: MOOT,
  allowCustomMethods: MOOT,
  headerKeyFormat: leftOut('names of headers are sent as the application writes them'),
  // Trailers of responses are read in any case; a caller has no way to give trailers of a request.
  enableTrailers: MOOT,
  allowChunkedLength: leftOut('a response with two lengths ends its connection'),
  overrideStreamErrorOnInvalidHttpMessage: leftOut('an invalid response ends its connection'),
  sendFullyQualifiedUrl: leftOut('requests name their path only'),
})

const DOWNSTREAM_FIELDS = new FieldTreatments<UpstreamHttpProtocolOptions_UseDownstreamHttpConfig>({
  httpProtocolOptions: CARRIED,
  http2ProtocolOptions: CARRIED,
  http3ProtocolOptions: NO_HTTP3,
})

const AUTO_FIELDS = new FieldTreatments<UpstreamHttpProtocolOptions_AutoHttpConfig>({
  httpProtocolOptions: CARRIED,
  http2ProtocolOptions: CARRIED,
  http3ProtocolOptions: NO_HTTP3,
  alternateProtocolsCacheOptions: NO_HTTP3,
})

/**
 * Translates which HTTP is spoken to a cluster. The extension goes before the older fields of the cluster itself, as in Envoy; gRPC reads
 * neither.
 *
 * @param scope - The cluster.
 * @param cluster - The cluster.
 * @param extension - Its options for HTTP.
 * @param refusals - Refusals of the cluster.
 * @returns undefined for HTTP/1.1.
 */
export function translateUpstreamProtocol(
  scope: FieldScope,
  cluster: Cluster,
  extension: ProtocolOptions | undefined,
  refusals: ViewReasons,
): UpstreamProtocol | undefined {
  return extension === undefined ? older(scope, cluster, refusals) : chosen(extension, refusals)
}

function chosen({ scope, options }: ProtocolOptions, refusals: ViewReasons): UpstreamProtocol | undefined {
  const choice = options.upstreamProtocolOptions
  switch (choice?.$case) {
    case 'explicitHttpConfig':
      return explicit(scope.at('explicit_http_config'), choice.value.protocolConfig, refusals)
    case 'useDownstreamProtocolConfig': {
      const place = scope.at('use_downstream_protocol_config')
      DOWNSTREAM_FIELDS.apply(place, choice.value, refusals)
      return either('as-downstream', place, choice.value, refusals)
    }
    case 'autoConfig': {
      const place = scope.at('auto_config')
      AUTO_FIELDS.apply(place, choice.value, refusals)
      return either('negotiated', place, choice.value, refusals)
    }
    case undefined:
      refusals.add(scope.at('upstream_protocol_options'), 'a protocol must be chosen', ['http'])
      return undefined
  }
}

type ExplicitProtocol = Extract<
  NonNullable<ProtocolOptions['options']['upstreamProtocolOptions']>,
  { readonly $case: 'explicitHttpConfig' }
>['value']['protocolConfig']

function explicit(scope: FieldScope, protocol: ExplicitProtocol, refusals: ViewReasons): UpstreamProtocol | undefined {
  switch (protocol?.$case) {
    case 'http2ProtocolOptions':
      return {
        kind: 'http2',
        http2: translateHttp2Options(scope.at('http2_protocol_options'), protocol.value, refusals),
      }
    case 'http3ProtocolOptions':
      refusals.add(scope.at('http3_protocol_options'), 'HTTP/3 is not spoken', ['http'])
      return undefined
    case 'httpProtocolOptions':
      HTTP1_FIELDS.apply(scope.at('http_protocol_options'), protocol.value, refusals)
      return undefined
    // "If the explicit_http_config is empty, HTTP/1.1 is used."
    case undefined:
      return undefined
  }
}

function either(
  kind: 'as-downstream' | 'negotiated',
  scope: FieldScope,
  options: Pick<UpstreamHttpProtocolOptions_AutoHttpConfig, 'httpProtocolOptions' | 'http2ProtocolOptions'>,
  refusals: ViewReasons,
): UpstreamProtocol {
  const { httpProtocolOptions, http2ProtocolOptions } = options
  if (httpProtocolOptions !== undefined) {
    HTTP1_FIELDS.apply(scope.at('http_protocol_options'), httpProtocolOptions, refusals)
  }
  return { kind, http2: translateHttp2Options(scope.at('http2_protocol_options'), http2ProtocolOptions, refusals) }
}

/** The fields of clusters from before there were extensions. */
function older(scope: FieldScope, cluster: Cluster, refusals: ViewReasons): UpstreamProtocol | undefined {
  const { httpProtocolOptions, http2ProtocolOptions, protocolSelection } = cluster
  if (protocolSelection === Cluster_ClusterProtocolSelection.USE_DOWNSTREAM_PROTOCOL) {
    return either('as-downstream', scope, cluster, refusals)
  }
  if (httpProtocolOptions !== undefined && http2ProtocolOptions !== undefined) {
    refusals.add(scope.at('http2_protocol_options'), 'http_protocol_options is set too', ['http'])
  }
  if (http2ProtocolOptions !== undefined) {
    return {
      kind: 'http2',
      http2: translateHttp2Options(scope.at('http2_protocol_options'), http2ProtocolOptions, refusals),
    }
  }
  if (httpProtocolOptions !== undefined) {
    HTTP1_FIELDS.apply(scope.at('http_protocol_options'), httpProtocolOptions, refusals)
  }
  return undefined
}
