// node --import @inmesh/otel/register app.js
import { startTelemetry } from './start-telemetry.js'

const telemetry = startTelemetry()
// A process that has nothing left to do ends with what it has told. One that is ended by a signal closes its mesh, which flushes.
process.once('beforeExit', () => void telemetry.shutdown())
