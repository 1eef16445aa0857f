/**
 * Messages as proto-JSON, for configuration files and for the control plane.
 * Kept apart from the main entry, which must stay quick to import.
 *
 * @packageDocumentation
 */

export { type JsonValue, loadJsonCodec, type ProtoJsonCodec } from './codec.js'
export { ProtoJsonError } from './error.js'
