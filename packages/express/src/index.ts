/**
 * Inmesh for applications that serve with Express.
 *
 * @packageDocumentation
 */

export { meshExpress } from './express-middleware.js'
