import type { Document, LineCounter } from 'yaml'
import type { Problems } from './problems.js'

/** One document of a YAML or JSON file, with what is needed to name a place in it. */
export interface SourceDocument {
  /** Path of the file. */
  readonly file: string
  /** The parsed document. */
  readonly document: Document
  /** Tells the line of a position. */
  readonly lines: LineCounter
  /** Where problems with its content go. */
  readonly problems: Problems
}
