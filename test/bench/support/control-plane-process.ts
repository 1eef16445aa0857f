import { startControlPlane } from '@inmesh/control-plane'

/* Serves a directory over ADS on a free port until its parent goes. */
const controlPlane = await startControlPlane({ directory: process.argv[2]!, port: 0, host: '127.0.0.1' })
process.send!(controlPlane.port)
process.once('disconnect', () => process.exit())
