import { SuccessRate } from './success-rate.js'

/** What outlier detection knows of one endpoint. Kept with the endpoint, so that it outlives updates and needs no look-up per attempt. */
export class OutlierRecord {
  /** Failures since the last answer below 500. */
  consecutive5xx = 0
  /** Answers of 502, 503 and 504 since the last answer that is none of them. */
  consecutiveGatewayFailures = 0
  /** Failures to reach the endpoint since it was last reached. */
  consecutiveLocalOriginFailures = 0
  /** HTTP calls by their answers, and by failures to get one where those are not counted apart. */
  readonly answers = new SuccessRate()
  /** HTTP calls by whether the endpoint was reached, where that is counted apart. */
  readonly localOrigin = new SuccessRate()
  /** gRPC calls by their status. */
  readonly grpc = new SuccessRate()
  /** By how much the next ejection is longer than the first: grows with each ejection and shrinks with each interval in service. */
  multiplier = 0
  /** When the endpoint was last ejected, in milliseconds of the clock. */
  ejectedAtMs = 0
  /** What the dice added to the current ejection, in milliseconds. */
  jitterMs = 0
  /** When the endpoint was last taken back, in milliseconds of the clock. */
  unejectedAtMs = 0

  /** Whether there is something that a sweep could still act on. */
  get lively(): boolean {
    return this.multiplier > 0 || this.answers.lastTotal + this.localOrigin.lastTotal + this.grpc.lastTotal > 0
  }

  /** An interval is over. */
  turn(): void {
    this.answers.turn()
    this.localOrigin.turn()
    this.grpc.turn()
  }

  /** Failures from before an ejection count no more after it. */
  forgetConsecutive(): void {
    this.consecutive5xx = 0
    this.consecutiveGatewayFailures = 0
    this.consecutiveLocalOriginFailures = 0
  }
}
