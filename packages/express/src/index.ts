/**
 * Inmesh for applications that serve with Express.
 *
 * @packageDocumentation
 */

export { type MeshExpressOptions, meshExpress } from './express-middleware.js'
