import type { IstioKind, ResourceIdentity, Visibility } from '../model/resource-identity.js'
import type { YamlFields } from '../read/yaml-fields.js'

const defaultNamespace = 'default'

/**
 * Reads what every Istio kind has around its `spec`.
 *
 * @param fields - The fields of the document.
 * @param kind - The kind, which was told before.
 */
export function readIdentity<K extends IstioKind>(
  fields: YamlFields,
  kind: K,
): ResourceIdentity & { readonly kind: K } {
  // The control plane of a cluster writes `status`; it says what became of the resource, not what is wanted.
  fields.skip('apiVersion', 'kind', 'status')
  fields.require('metadata')
  const metadata = fields.fields('metadata', (meta) => {
    meta.skip(
      'annotations',
      'creationTimestamp',
      'generation',
      'managedFields',
      'ownerReferences',
      'resourceVersion',
      'selfLink',
      'uid',
      'finalizers',
    )
    return {
      name: meta.requiredString('name'),
      namespace: meta.string('namespace') ?? defaultNamespace,
      labels: meta.stringMap('labels'),
    }
  })
  return {
    kind,
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? defaultNamespace,
    labels: metadata?.labels ?? {},
    place: fields.owner.place,
  }
}

/**
 * @param spec - The fields of a `spec` with an `exportTo`.
 * @param namespace - Namespace of the resource.
 * @returns who sees it; all where nothing is said.
 */
export function readVisibility(spec: YamlFields, namespace: string): Visibility {
  const names = spec.strings('exportTo')
  if (names.length === 0 || names.includes('*')) return 'all'
  return names.map((name) => (name === '.' ? namespace : name))
}
