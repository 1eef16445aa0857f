import { testMatrix } from './matrix.js'
import { streams } from './scenarios/streams.js'

testMatrix('bytes in both directions', streams)
