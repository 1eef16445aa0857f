/**
 * So long may anything take before a test fails over it, in milliseconds: far more than it should on a machine that is busy. Less where a
 * test is to fail (see conformance/removals).
 */
export const patienceMs = Number(process.env.TEST_PATIENCE_MS ?? 20_000)

/**
 * Tries until a result passes.
 *
 * @param what - What is waited for, for the error.
 * @param attempt - Tried again and again, one attempt after the other.
 * @param passes - Whether a result is the one.
 * @returns the result that passed.
 */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T>,
  passes: (result: T) => boolean,
): Promise<T> {
  const limit = performance.now() + patienceMs
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt()
    if (passes(result)) return result
    if (performance.now() > limit) {
      throw new Error(`${what}: not in ${attempts} attempts; the last result was ${JSON.stringify(result)}`)
    }
  }
}
