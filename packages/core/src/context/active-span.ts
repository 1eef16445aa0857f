/** A span that a tracer has made, as that which runs inside it sees it. */
export interface ActiveSpan {
  /**
   * Runs code in the span: those made in it are its children.
   *
   * @param callback - The code.
   */
  run<T>(callback: () => T): T
}
