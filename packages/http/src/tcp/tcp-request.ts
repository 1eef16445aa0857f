import type { RequestView } from '@inmesh/core'

/** A connection as the core sees it: a request of which nothing is known but where it goes. */
export class TcpRequest implements RequestView {
  readonly view = 'http'
  readonly method = 'CONNECT'
  readonly path = '/'
  readonly authority: string

  /**
   * @param host - Host in lower case, an IPv6 address in brackets.
   * @param port - TCP port.
   */
  constructor(host: string, port: number) {
    this.authority = port === 80 ? host : `${host}:${port}`
  }

  header(): undefined {
    return undefined
  }
}
