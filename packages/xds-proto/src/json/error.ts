/** JSON that is not a message of the type it should be. */
export class ProtoJsonError extends Error {
  /** Stable for programs. */
  readonly code = 'ERR_INMESH_PROTO_JSON'

  /**
   * Where in the JSON, with the names as they are written there:
   * `virtual_hosts[0].routes[2].match.prefx`. Empty for the value as a whole.
   */
  readonly path: string

  /** What is wrong there, without the path. */
  readonly problem: string

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(path === '' ? problem : `${path}: ${problem}`, options)
    this.name = 'ProtoJsonError'
    this.path = path
    this.problem = problem
  }
}
