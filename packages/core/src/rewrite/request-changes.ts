import type { RequestEditor } from '../call/request-editor.js'
import type { FormatContext } from '../format/format-context.js'
import { HeaderChanges } from '../headers/header-changes.js'
import type { HeaderLevel } from '../model/header-operations.js'
import type { ForwardAction, Route, RouteConfiguration, VirtualHost, WeightedCluster } from '../model/route.js'
import type { RouterOptions } from '../model/router-options.js'
import { compileHostRewrite, type HostRewriter, replaceHost } from './host-rewriter.js'
import { compilePathRewrite, type PathRewriter } from './path-rewriter.js'

/** Where a request is in the configuration: every level that may change it. */
export interface Levels {
  /** The route configuration. */
  readonly routes: RouteConfiguration
  /** The virtual host in it. */
  readonly host: VirtualHost
  /** The route in that. */
  readonly route: Route
}

/** What an action changes on a request. */
export type ChangingAction = Pick<ForwardAction, 'pathRewrite' | 'hostRewrite' | 'appendsForwardedHost'>

/** What a destination changes on a request. */
export type ChangingDestination = HeaderLevel & Pick<WeightedCluster, 'hostRewrite'>

/**
 * The levels below a destination in the order in which they change headers (Envoy, "Custom request/response headers").
 *
 * @param levels - Where the request is.
 */
export function orderedLevels({ routes, host, route }: Levels): readonly HeaderLevel[] {
  return routes.mostSpecificHeaderChangesWin === true ? [routes, host, route] : [route, host, routes]
}

/**
 * All that a route changes on the requests of one destination, in Envoy's order: headers of the destination, then of the other levels, then
 * the host, then the path.
 */
export class RequestChanges {
  readonly #destinationHeaders: HeaderChanges | undefined
  readonly #destinationHost: string
  readonly #headers: HeaderChanges | undefined
  readonly #host: HostRewriter | undefined
  readonly #appendsHost: boolean
  readonly #path: PathRewriter | undefined
  readonly #tellsOriginalPath: boolean

  private constructor(
    levels: Levels,
    action: ChangingAction,
    destination: ChangingDestination,
    router?: RouterOptions,
  ) {
    const { pathRewrite, hostRewrite, appendsForwardedHost } = action
    this.#destinationHeaders = HeaderChanges.compile([destination], 'requestHeaders')
    this.#destinationHost = destination.hostRewrite ?? ''
    this.#headers = HeaderChanges.compile(orderedLevels(levels), 'requestHeaders')
    this.#host = hostRewrite && compileHostRewrite(hostRewrite)
    this.#appendsHost = appendsForwardedHost === true
    this.#path = pathRewrite && compilePathRewrite(pathRewrite, levels.route.match.path)
    this.#tellsOriginalPath = router?.suppressesEnvoyHeaders !== true
  }

  /**
   * @param levels - Where the requests are.
   * @param action - The route's action.
   * @param destination - The destination.
   * @param router - How headers of Envoy's own are treated. Default: as Envoy does by default.
   * @returns undefined when nothing is changed.
   */
  static compile(
    levels: Levels,
    action: ChangingAction,
    destination: ChangingDestination,
    router?: RouterOptions,
  ): RequestChanges | undefined {
    const changes = new RequestChanges(levels, action, destination, router)
    return changes.#isEmpty ? undefined : changes
  }

  /**
   * Makes the changes, for the attempt that goes out next.
   *
   * @param editor - The request.
   * @param context - The same request.
   */
  apply(editor: RequestEditor, context: FormatContext): void {
    const { headers } = editor
    this.#destinationHeaders?.apply(headers, context)
    if (this.#destinationHost !== '') editor.authority = this.#destinationHost
    this.#headers?.apply(headers, context)
    const host = this.#host?.(editor, context) ?? ''
    if (host !== '') replaceHost(editor, host, this.#appendsHost)
    if (this.#path === undefined) return
    const { path } = editor
    const rewritten = this.#path(path, context)
    if (rewritten === path) return
    if (this.#tellsOriginalPath) headers.set('x-envoy-original-path', path)
    editor.path = rewritten
  }

  get #isEmpty(): boolean {
    const parts = [this.#destinationHeaders, this.#headers, this.#host, this.#path]
    return this.#destinationHost === '' && parts.every((part) => part === undefined)
  }
}
