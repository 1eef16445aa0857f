import type { HeaderEditor } from '../headers/header-editor.js'

/** The head of a response, of an upstream or of the mesh itself, before the caller gets it. */
export interface ResponseHead {
  /** HTTP status. */
  readonly status: number
  /** Its headers, which may be changed. */
  readonly headers: HeaderEditor
}
