import { type LocalReply, localReplies } from '../call/local-reply.js'
import { pathWithoutQuery, schemeOf } from '../call/request-view.js'
import { writeBody } from '../format/body-writer.js'
import type { FormatContext } from '../format/format-context.js'
import type { DirectResponseAction, RedirectAction, Route } from '../model/route.js'
import { compilePathRewrite, type PathRewriter } from '../rewrite/path-rewriter.js'

/** A route's own answer to a request. */
export type LocalAnswer = (context: FormatContext) => LocalReply

/**
 * @param route - The route.
 * @returns what it answers requests with; undefined when it sends them on.
 */
export function compileAnswer(route: Route): LocalAnswer | undefined {
  const { action } = route
  switch (action.kind) {
    case 'redirect':
      return redirect(action, route)
    case 'direct-response':
      return directResponse(action, route)
    case 'forward':
    case 'serve':
    case 'unsupported':
      return undefined
  }
}

function redirect(action: RedirectAction, route: Route): LocalAnswer {
  const rewrite = action.rewrite && compilePathRewrite(action.rewrite, route.match.path)
  const detail = `redirected by route ${route.name || '(unnamed)'}`
  return (context) =>
    localReplies.configured(action.status, ['location', location(context, action, rewrite)], '', detail)
}

function directResponse({ status, body, format }: DirectResponseAction, route: Route): LocalAnswer {
  const detail = `answered by route ${route.name || '(unnamed)'}`
  // As Envoy: a status that may come with a location comes with the request's own.
  if (status === 201 || (status >= 300 && status < 400)) {
    return (context) => localReplies.configured(status, ['location', location(context, KEEP)], body, detail)
  }
  if (format !== undefined) {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    const type = ['content-type', format.contentType]
    return (context) => localReplies.configured(status, type, writeBody(format, context, text), detail)
  }
  const reply = localReplies.configured(status, [], body, detail)
  return () => reply
}

type Target = Pick<RedirectAction, 'scheme' | 'host' | 'port' | 'path' | 'stripQuery'>

const KEEP: Target = { stripQuery: false }

const DEFAULT_PORTS = { http: ':80', https: ':443' } as const

/** The URL that Envoy gives (Http::Utility::newUri). */
function location(context: FormatContext, target: Target, rewrite?: PathRewriter): string {
  const { authority, path } = context.request
  const own = schemeOf(context.request)
  const scheme = target.scheme ?? own
  const port = target.port === undefined ? '' : `:${target.port}`
  const host = target.host ?? requestHost(authority, scheme === own ? '' : DEFAULT_PORTS[own], port !== '')
  return `${scheme}://${host}${port}${redirectPath(path, target, rewrite?.(path, context))}`
}

/** The request's port goes when another takes its place, and with a change of scheme when it is the old one's own. */
function requestHost(authority: string, mootPort: string, replaced: boolean): string {
  const colon = authority.lastIndexOf(':')
  if (colon < 0 || colon < authority.lastIndexOf(']')) return authority
  const moot = authority.slice(colon) === mootPort
  return replaced || moot ? authority.slice(0, colon) : authority
}

function redirectPath(path: string, { path: given, stripQuery }: Target, rewritten = path): string {
  // A query string in the configured path takes the place of the request's, and is never stripped.
  if (given?.includes('?')) return given
  if (given === undefined) return stripQuery ? pathWithoutQuery(rewritten) : rewritten
  return stripQuery ? given : given + path.slice(pathWithoutQuery(path).length)
}
