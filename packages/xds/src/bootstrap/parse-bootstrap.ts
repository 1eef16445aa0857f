import type { Bootstrap, CertificateProviderConfig, NodeIdentity, NodeLocality, ServerConfig } from './bootstrap.js'
import { parseCallCredentials } from './call-credentials.js'
import { parseCertificateFiles } from './certificate-files.js'
import { chooseChannelCredentials } from './channel-credentials.js'
import type { JsonObject } from './json.js'
import { deepFreeze } from './json.js'
import type { BootstrapOrigin } from './json-field.js'
import { JsonField } from './json-field.js'
import { parseAuthority } from './parse-authority.js'
import { grpcTarget } from './server-uri.js'

/**
 * Reads a gRPC xDS bootstrap that is already an object. Fields it does not know are passed over, as every gRPC client does; known ones
 * of the wrong type are errors.
 *
 * @param document - The bootstrap in its JSON form, snake case as in files. It is copied.
 * @param origin - Where it came from, for errors. Default `bootstrap`.
 * @throws MeshError ERR_INMESH_BOOTSTRAP, naming origin and field.
 */
export function parseBootstrap(
  document: unknown,
  origin: BootstrapOrigin = { description: 'the bootstrap' },
): Bootstrap {
  const root = new JsonField(document, origin)
  if (root.isAbsent) root.fail('is empty')
  const template = root.member('server_listener_resource_name_template')
  const servers = parseServers(root.member('xds_servers'))
  const bootstrap: Bootstrap = {
    servers,
    node: parseNode(root.member('node')),
    certificateProviders: mapMembers(root.member('certificate_providers'), parseCertificateProvider),
    authorities: mapMembers(root.member('authorities'), (authority, name) =>
      parseAuthority(name, authority, servers, parseServers),
    ),
    serverListenerResourceNameTemplate: template.isAbsent ? undefined : template.string(''),
    clientDefaultListenerResourceNameTemplate: root
      .member('client_default_listener_resource_name_template')
      .string('%s'),
  }
  return deepFreeze(bootstrap)
}

/**
 * Reads a gRPC xDS bootstrap from its JSON text.
 *
 * @throws MeshError ERR_INMESH_BOOTSTRAP, naming origin and field.
 */
export function parseBootstrapText(text: string, origin: BootstrapOrigin): Bootstrap {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return new JsonField(undefined, origin).fail(
      `is not JSON: ${error instanceof Error ? error.message : error}`,
      error,
    )
  }
  return parseBootstrap(document, origin)
}

function parseServers(list: JsonField): ServerConfig[] {
  const servers = list.elements().map(parseServer)
  if (servers.length === 0) list.fail(list.isAbsent ? 'is missing' : 'is empty: a control plane must be named')
  return servers
}

function parseServer(server: JsonField): ServerConfig {
  const uriField = server.member('server_uri')
  const uri = uriField.requiredString()
  let target: string
  try {
    target = grpcTarget(uri)
  } catch (error) {
    return uriField.fail(error instanceof Error ? error.message : String(error), error)
  }
  const credentials = chooseChannelCredentials(server.member('channel_creds'))
  return {
    uri,
    target,
    credentials,
    callCredentials: parseCallCredentials(server.member('call_creds'), credentials),
    features: server
      .member('server_features')
      .elements()
      .map((feature) => feature.copy())
      .filter((feature) => typeof feature === 'string'),
  }
}

function parseNode(node: JsonField): NodeIdentity {
  return {
    id: node.member('id').string(''),
    cluster: node.member('cluster').string(''),
    locality: parseLocality(node.member('locality')),
    metadata: node.member('metadata').copyObject(),
  }
}

function parseLocality(locality: JsonField): NodeLocality | undefined {
  const region = locality.member('region').string('')
  const zone = locality.member('zone').string('')
  const subZone = locality.member('sub_zone').string('')
  // istio's agent writes {} when it knows nothing.
  if (region === '' && zone === '' && subZone === '') return undefined
  return { region, zone, subZone }
}

function parseCertificateProvider(provider: JsonField): CertificateProviderConfig {
  const config: JsonObject = provider.member('config').copyObject()
  const pluginName = provider.member('plugin_name').requiredString()
  // A plug-in that is known has to make sense (gRFC A29); of others nothing is known.
  if (pluginName === 'file_watcher') parseCertificateFiles(provider.member('config'))
  return { pluginName, config }
}

function mapMembers<T>(object: JsonField, parse: (member: JsonField, name: string) => T): Record<string, T> {
  return Object.fromEntries(object.members().map(([name, member]) => [name, parse(member, name)]))
}
