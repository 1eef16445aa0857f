import { testMatrix } from './matrix.js'
import { http2 } from './scenarios/http2.js'

testMatrix('over HTTP/2', http2, true)
