import type { Removal } from './removal.js'

/** What the rows about outlier detection and load reports are about. */
export const outlier: readonly Removal[] = [
  {
    row: 97,
    without: 'the load by locality',
    file: 'xds/src/load-report/load-counter.ts',
    code: 'locality.total.add(load)',
    becomes: '',
  },
  {
    row: 97,
    without: 'the drops by category',
    file: 'xds/src/load-report/load-counter.ts',
    code: "filter(([category]) => category !== '')",
    becomes: 'filter(() => false)',
  },
  {
    row: 97,
    without: 'the failures',
    file: 'xds/src/load-report/load-counter.ts',
    code: "if (status >= 500 || (view === 'grpc' && grpcStatus > 0)) load.failed++",
    becomes: 'if (false) load.failed++',
  },
  {
    row: 97,
    without: 'the end of the reports when the cluster no longer asks for them',
    file: 'core/src/cluster/cluster.ts',
    code: 'this.#load.update(resolved.config.loadReport)',
    becomes: 'if (resolved.config.loadReport) this.#load.update(resolved.config.loadReport)',
  },
  {
    row: 99,
    without: 'the ejection of an endpoint that fails in a row',
    file: 'core/src/outlier/outlier-detector.ts',
    code: 'if (++record.consecutive5xx === consecutive5xx.count)',
    becomes: 'if (false)',
  },
  {
    row: 99,
    without: 'the way back of an endpoint that was ejected',
    file: 'core/src/outlier/outlier-detector.ts',
    code: 'if (now - record.ejectedAtMs < lastsMs) continue',
    becomes: 'continue',
  },
  {
    row: 99,
    without: 'the default of detection by success rate',
    file: 'xds/src/resource/cluster/outlier-detection.ts',
    code: 'detection.enforcingSuccessRate ?? 100',
    becomes: 'detection.enforcingSuccessRate ?? 0',
  },
  {
    row: 100,
    without: 'detection by success rate',
    file: 'core/src/outlier/outlier-detector.ts',
    code: 'changed = this.#judgeByRate(judgement, forRate, sum / forRate.length)',
    becomes: '',
  },
  {
    row: 100,
    without: 'detection by failure percentage',
    file: 'core/src/outlier/outlier-detector.ts',
    code: 'this.#judgeByShare(judgement, forShare) ||',
    becomes: '',
  },
  {
    row: 100,
    without: 'the one endpoint that always may be ejected',
    file: 'core/src/outlier/outlier-detector.ts',
    code: '|| (alwaysEjectOneHost && ejected === 0)',
    becomes: '',
  },
  {
    row: 100,
    without: 'the limit of ejections',
    file: 'core/src/outlier/outlier-detector.ts',
    code: 'if (!this.#mayEject(view))',
    becomes: 'if (false)',
  },
]
