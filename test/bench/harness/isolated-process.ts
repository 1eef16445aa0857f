import { benchmarks } from '../benchmarks.js'

const benchmark = benchmarks.get(process.argv[2] ?? '')
if (benchmark === undefined) throw new Error(`no benchmark ${process.argv[2]}`)
process.send!(await benchmark())
process.disconnect()
