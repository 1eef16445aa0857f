/** The head of a response as the core sees it. */
export interface ResponseView {
  /**
   * Reads a header. For gRPC of the response's metadata, and of its trailers where there is nothing else.
   *
   * @param name - Lower-case name.
   * @returns the value, several values joined by `,`, or undefined when there is none.
   */
  header(name: string): string | undefined
}

/** A response without headers. */
export const NO_HEADERS: ResponseView = Object.freeze({ header: () => undefined })
