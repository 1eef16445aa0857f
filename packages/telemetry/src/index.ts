export type { OpenTelemetryApi } from './open-telemetry-api.js'
export { OpenTelemetryTracer } from './open-telemetry-tracer.js'
export { RegisteredProvider } from './registered-provider.js'
