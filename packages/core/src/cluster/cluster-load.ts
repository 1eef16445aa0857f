import { sameValue } from '../collections/same-value.js'
import type { LoadReport } from '../model/cluster.js'
import type { LoadRecorder, LoadReporting } from './load-reporting.js'

/** Whether and where a cluster counts its load, as its configuration has it from time to time. */
export class ClusterLoad {
  readonly #cluster: string
  readonly #reporting: LoadReporting | undefined
  readonly #observe: (recorder: LoadRecorder) => () => void
  #report: LoadReport | undefined
  #recorder: LoadRecorder | undefined
  #end = (): void => {}

  /**
   * @param cluster - Name of the cluster.
   * @param reporting - Where load is counted; without it, nothing is.
   * @param observe - Lets a recorder hear of attempts; what it returns ends that.
   */
  constructor(cluster: string, reporting: LoadReporting | undefined, observe: (recorder: LoadRecorder) => () => void) {
    this.#cluster = cluster
    this.#reporting = reporting
    this.#observe = observe
  }

  /** Counts as the configuration says from now on; undefined stops it. */
  update(report: LoadReport | undefined): void {
    if (sameValue(report, this.#report)) return
    this.#end()
    this.#end = () => {}
    this.#recorder = undefined
    this.#report = report
    if (report === undefined || this.#reporting === undefined) return
    const recorder = this.#reporting.recordLoad(this.#cluster, report)
    const stop = this.#observe(recorder)
    this.#recorder = recorder
    this.#end = () => {
      stop()
      recorder.close()
    }
  }

  /** A request got no endpoint on purpose; as {@link LoadRecorder.dropped}. */
  dropped(category: string): void {
    this.#recorder?.dropped(category)
  }
}
