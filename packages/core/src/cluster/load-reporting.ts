import type { LoadReport } from '../model/cluster.js'
import type { AttemptObserver } from './attempt-observer.js'

/** Counts the load of one cluster. */
export interface LoadRecorder extends AttemptObserver {
  /**
   * A request got no endpoint on purpose.
   *
   * @param category - Category of the `drop_overloads` that it fell to; empty when a limit was reached (gRFC A32).
   */
  dropped(category: string): void
  /** Nothing comes any more. What was counted is still reported. */
  close(): void
}

/** Where load is counted, for whoever it is reported to. Nothing is counted where nobody asks. */
export interface LoadReporting {
  /**
   * Begins to count.
   *
   * @param cluster - Name of the cluster.
   * @param report - What to report.
   */
  recordLoad(cluster: string, report: LoadReport): LoadRecorder
}
