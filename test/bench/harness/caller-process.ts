import { fetch, Pool } from 'undici'

/** What a caller is asked for. */
export interface CallOrder {
  /** Port on 127.0.0.1. */
  readonly port: number
  /** Path of the requests. */
  readonly path: string
  /** Headers of the requests. */
  readonly headers: Readonly<Record<string, string>>
  /** How many. */
  readonly count: number
  /** How many at a time, each over a connection of its own. */
  readonly concurrency: number
}

const pools = new Map<number, Pool>()

process.on('message', (order: CallOrder) => {
  void call(order).then(
    () => process.send!(''),
    (error: unknown) => process.send!(String(error)),
  )
})
process.once('disconnect', () => process.exit())

async function call({ port, path, headers, count, concurrency }: CallOrder): Promise<void> {
  const pool = pools.get(port) ?? new Pool(`http://127.0.0.1:${port}`, { connections: concurrency })
  pools.set(port, pool)
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      // Slower than any server here, so that a server never waits for its caller to wake up, which would count as time of the server.
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, dispatcher: pool })
      await response.text()
      if (!response.ok) throw new Error(`status ${response.status} of port ${port}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
