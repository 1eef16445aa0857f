/** Where the mesh writes what an operator may want to know. Messages never hold keys, tokens or request bodies. */
export interface Logger {
  /** Detail for someone who looks for a fault. */
  debug(message: string): void
  /** A change of state that is expected: a stream opened, a configuration taken over. */
  info(message: string): void
  /** Something is wrong and the mesh goes on: a stream lost, a resource refused. */
  warn(message: string): void
  /** A defect of the mesh itself. */
  error(message: string): void
}

/** A logger that writes nothing; the default everywhere. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
}
