/**
 * `node --import inmesh/register app.js` and `node --require inmesh/register app.cjs`: takes an application into a mesh without its code.
 *
 * @packageDocumentation
 */

import { registerProcess } from './register/register-process.js'

registerProcess(process.env)
