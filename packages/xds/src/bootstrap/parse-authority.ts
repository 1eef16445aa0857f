import type { AuthorityConfig, ServerConfig } from './bootstrap.js'
import type { JsonField } from './json-field.js'

/**
 * Reads the entry of an authority.
 *
 * @param name - Name of the authority.
 * @param authority - The entry.
 * @param servers - Servers of the bootstrap.
 * @param parseServers - Reads a list of servers that is not empty.
 */
export function parseAuthority(
  name: string,
  authority: JsonField,
  servers: readonly ServerConfig[],
  parseServers: (list: JsonField) => readonly ServerConfig[],
): AuthorityConfig {
  const template = authority.member('client_listener_resource_name_template')
  const prefix = `xdstp://${name}/`
  const text = template.string('') || `${prefix}envoy.config.listener.v3.Listener/%s`
  if (!text.startsWith(prefix)) template.fail(`is ${JSON.stringify(text)}, which must begin with ${prefix}`)
  const own = authority.member('xds_servers')
  return {
    clientListenerResourceNameTemplate: text,
    servers: own.elements().length === 0 ? servers : parseServers(own),
    fallbackOnReachabilityOnly: authority.member('fallback_on_reachability_only').boolean(false),
  }
}
