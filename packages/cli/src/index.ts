/**
 * The `inmesh` program, for those who run it from their own.
 *
 * @packageDocumentation
 */

export { runCommandLine } from './command-line.js'
export type { Terminal } from './terminal.js'
