import type { ClusterSpecifierPlugin } from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'

/** The cluster specifier plugins that a route configuration declares. None is carried out. */
export class ClusterSpecifierPlugins {
  readonly #byName = new Map<string, ClusterSpecifierPlugin>()

  /**
   * @param scope - The route configuration.
   * @param plugins - Its plugins; one without a name is malformed.
   */
  constructor(scope: FieldScope, plugins: readonly ClusterSpecifierPlugin[]) {
    for (const [index, plugin] of plugins.entries()) {
      const place = scope.at('cluster_specifier_plugins', index)
      const name = plugin.extension?.name ?? ''
      if (name === '') place.at('extension').malformed('the name is missing')
      else place.unsupported('cluster specifier plugins are not supported')
      this.#byName.set(name, plugin)
    }
  }

  /**
   * @param scope - The field that names the plugin.
   * @param name - Name of a plugin.
   * @returns undefined when it is not declared, which Envoy and gRPC refuse and is reported.
   */
  find(scope: FieldScope, name: string): ClusterSpecifierPlugin | undefined {
    const plugin = this.#byName.get(name)
    if (plugin === undefined) scope.malformed(`the plugin ${name} is not declared in cluster_specifier_plugins`)
    return plugin
  }
}
