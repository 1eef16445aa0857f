/**
 * Inmesh for applications that serve with Fastify.
 *
 * @packageDocumentation
 */

export { type MeshFastifyOptions, meshFastify } from './fastify-plugin.js'
