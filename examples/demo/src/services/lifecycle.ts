import type { AddressInfo } from 'node:net'

/**
 * Tells the demo where this process listens, in the way of `inmesh dev --json`: one JSON object per line of standard output.
 *
 * @param server - A server that listens.
 */
export function announce(server: { address(): AddressInfo | string | null }): void {
  const { address, port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ event: 'listening', address, port })}\n`)
}

/**
 * Ends this process gracefully when it is asked to, and when the process that started it is gone.
 *
 * @param close - Finishes what is under way.
 */
export function endWith(close: () => Promise<unknown>): void {
  let ending = false
  const end = async (): Promise<void> => {
    if (ending) return
    ending = true
    await close()
    // Listening to standard input would keep the process.
    process.exit()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
  process.stdin.on('end', end).resume()
}
