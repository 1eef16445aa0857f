// A reporter for node:test that writes one JSON line for each test that ran.

interface TestEvent {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly skip?: string | boolean
    readonly details?: {
      readonly type?: string
      readonly error?: { readonly cause?: unknown; readonly message: string }
    }
  }
}

/** What became of a test. */
export type TestOutcome = { readonly name: string; readonly failure: string | null }

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (data.details?.type === 'suite' || data.skip !== undefined) continue
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const error = data.details?.error
    const cause = error?.cause instanceof Error ? error.cause.message : (error?.cause ?? error?.message)
    const outcome: TestOutcome = { name: data.name ?? '', failure: type === 'test:fail' ? String(cause) : null }
    yield `${JSON.stringify(outcome)}\n`
  }
}
