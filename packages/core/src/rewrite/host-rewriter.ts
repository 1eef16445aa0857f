import type { RequestEditor } from '../call/request-editor.js'
import { pathWithoutQuery } from '../call/request-view.js'
import type { FormatContext } from '../format/format-context.js'
import type { HostRewrite } from '../model/host-rewrite.js'

/** Gives the new host of a request; the empty string leaves the one it has. */
export type HostRewriter = (editor: RequestEditor, context: FormatContext) => string

/**
 * @param rewrite - What to do.
 */
export function compileHostRewrite(rewrite: HostRewrite): HostRewriter {
  switch (rewrite.kind) {
    case 'literal':
      return () => rewrite.host
    case 'endpoint':
      return (_, { endpoint }) => endpoint?.config.hostname ?? ''
    case 'header':
      return (editor) => firstOf(editor.headers.get(rewrite.name) ?? '')
    case 'path':
      return (editor) => rewrite.rewrite.replaceAll(pathWithoutQuery(editor.path))
    case 'format':
      return (_, context) => rewrite.format.write(context)
  }
}

/**
 * Puts a host in the place of a request's (Envoy, Http::Utility::updateAuthority).
 *
 * @param editor - The request.
 * @param host - The new host.
 * @param appends - Whether the old one is appended to `x-forwarded-host`, unless it is the last one there.
 */
export function replaceHost(editor: RequestEditor, host: string, appends: boolean): void {
  const { authority, headers } = editor
  if (appends && authority !== '') {
    const forwarded = headers.get('x-forwarded-host') ?? ''
    if (lastOf(forwarded) !== authority) {
      headers.set('x-forwarded-host', forwarded === '' ? authority : `${forwarded},${authority}`)
    }
  }
  headers.set('x-envoy-original-host', authority)
  editor.authority = host
}

/** The header is not to be trusted, and of several values only the first counts (Envoy). */
function firstOf(values: string): string {
  const comma = values.indexOf(',')
  return (comma < 0 ? values : values.slice(0, comma)).trim()
}

function lastOf(values: string): string {
  return values.slice(values.lastIndexOf(',') + 1).trim()
}
