/** Which servers `mesh.installGlobal()` captures. */
export interface InstallServerOptions {
  /** Ports, from 1 to 65535, whose servers are captured. Default: those of every port. */
  readonly ports?: readonly number[]
  /** Paths, without query strings, whose requests no inbound listener applies to, as those of health checks. Default: none. */
  readonly exempt?: readonly string[]
}

/** What `mesh.installGlobal()` captures beside the `fetch` of Node and undici. */
export interface InstallOptions {
  /**
   * Requests of node:http and node:https to hosts of the mesh that are made with agents of node's own: the global ones, `new http.Agent()`, none
   * named. So axios, got and most other clients come into the mesh as they are. Default false.
   */
  readonly nodeHttp?: boolean
  /**
   * Servers of node:http and node:https that begin to listen from now on: they are treated as those of `mesh.listen()` are, and closed with the mesh.
   * Default false.
   */
  readonly servers?: boolean | InstallServerOptions
}
