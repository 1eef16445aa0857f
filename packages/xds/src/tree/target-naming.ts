/** How a target becomes the name of its listener: a strategy, so that the core knows of targets only. */
export type TargetNaming = (target: string) => string

/** What may stand in a path segment as it is, and the slash between segments (RFC 3986, pchar). */
const TO_ENCODE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu

/**
 * Names listeners by templates, gRPC's way (gRFC A27, A47). A target is `host:port`, or `xds://AUTHORITY/PATH` where one of the
 * bootstrap's authorities is meant. The target is percent-encoded where the template begins with `xdstp:`.
 *
 * @param template - The name with `%s` where the target goes: `client_default_listener_resource_name_template`. Default `%s`.
 * @param authorities - Templates by authority: `client_listener_resource_name_template` of each.
 */
export function templateNaming(template = '%s', authorities: ReadonlyMap<string, string> = new Map()): TargetNaming {
  return (target) => {
    const [, authority = '', path = target] = /^xds:\/\/([^/]*)\/(.*)$/s.exec(target) ?? []
    if (authority === '') return applied(template, path)
    // The provider of resources says that an authority is unknown; it is asked for the name that the authority would have.
    return applied(authorities.get(authority) ?? `xdstp://${authority}/envoy.config.listener.v3.Listener/%s`, path)
  }
}

function applied(template: string, text: string): string {
  const value = encodedFor(template, text)
  return template.replaceAll('%s', () => value)
}

/**
 * What takes the place of `%s` in a template: percent-encoded where the template is of the new style (gRFC A47).
 *
 * @param template - The template.
 * @param text - What is put in.
 */
export function encodedFor(template: string, text: string): string {
  return template.startsWith('xdstp:') ? text.replace(TO_ENCODE, encodeURIComponent) : text
}
