export { startTelemetry, type Telemetry } from './start-telemetry.js'
export type { TelemetryOptions } from './telemetry-options.js'
