import { pathWithoutQuery } from '../call/request-view.js'
import type { FormatContext } from '../format/format-context.js'
import type { PathMatch } from '../model/match.js'
import type { PathRewrite, TemplateRewrite } from '../model/path-rewrite.js'

/** Gives the new path of a request, query string included; the path that it has when nothing is to be rewritten. */
export type PathRewriter = (path: string, context: FormatContext) => string

/**
 * @param rewrite - What to do.
 * @param match - The path condition of the route, which the paths given match: a prefix rewrite replaces what it matched (Envoy,
 * RouteAction.prefix_rewrite), a template rewrite takes what it caught.
 */
export function compilePathRewrite(rewrite: PathRewrite, match: PathMatch): PathRewriter {
  switch (rewrite.kind) {
    case 'prefix': {
      const { value } = rewrite
      if (match.kind !== 'prefix' && match.kind !== 'path-separated-prefix') return wholePath(() => value)
      const { length } = match.value
      return (path) => value + path.slice(length)
    }
    case 'regex':
      return wholePath((path) => rewrite.rewrite.replaceAll(path))
    case 'format':
      return wholePath((_, context) => rewrite.format.write(context))
    case 'template':
      return wholePath((path) => fill(rewrite, path, match))
  }
}

function wholePath(rewrite: (path: string, context: FormatContext) => string): PathRewriter {
  return (path, context) => {
    const old = pathWithoutQuery(path)
    const rewritten = rewrite(old, context)
    return rewritten === '' ? path : rewritten + path.slice(old.length)
  }
}

function fill({ parts }: TemplateRewrite, path: string, match: PathMatch): string {
  const caught = match.kind === 'template' ? match.template.capture(path) : undefined
  if (caught === undefined) return ''
  let rewritten = parts[0]!
  for (let index = 1; index + 1 < parts.length; index += 2) {
    rewritten += (caught[parts[index]!] ?? '') + parts[index + 1]!
  }
  return rewritten
}
