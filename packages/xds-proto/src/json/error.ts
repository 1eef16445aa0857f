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

  /** What else is wrong, elsewhere in the JSON. */
  readonly others: readonly ProtoJsonError[]

  /**
   * @param path Where in the JSON.
   * @param problem What is wrong there.
   * @param options The cause, and what else is wrong. Default: nothing.
   */
  constructor(path: string, problem: string, options?: ErrorOptions & { readonly others?: readonly ProtoJsonError[] }) {
    super(path === '' ? problem : `${path}: ${problem}`, options)
    this.name = 'ProtoJsonError'
    this.path = path
    this.problem = problem
    this.others = options?.others ?? []
  }
}
