import { testMatrix } from './matrix.js'
import { names } from './scenarios/names.js'

testMatrix('how hosts are named', names)
