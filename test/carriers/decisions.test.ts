import { testMatrix } from './matrix.js'
import { decisions } from './scenarios/decisions.js'

testMatrix('what the mesh decides', decisions)
