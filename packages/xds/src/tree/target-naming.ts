/** How a target becomes the name of its listener: a strategy, so that the core knows of targets only. */
export type TargetNaming = (target: string) => string

/** What may stand in a path segment as it is, and the slash between segments (RFC 3986, pchar). */
const TO_ENCODE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu

/**
 * Names listeners by a template, gRPC's way (`client_default_listener_resource_name_template` of the bootstrap; gRFC A27, A47).
 *
 * @param template - The name with `%s` where the target, `host:port`, goes. Default `%s`. The target is percent-encoded where the
 * template begins with `xdstp:`.
 */
export function templateNaming(template = '%s'): TargetNaming {
  const encode = template.startsWith('xdstp:')
  return (target) => template.replaceAll('%s', () => (encode ? target.replace(TO_ENCODE, encodeURIComponent) : target))
}
