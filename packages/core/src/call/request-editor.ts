import type { HeaderEditor } from '../headers/header-editor.js'

/** Changes the head of a request before it is sent. What is changed is what the request's view shows from then on. */
export interface RequestEditor {
  /** HTTP method in upper case. */
  method: string
  /** Path with its query string. */
  path: string
  /** Host and perhaps port. */
  authority: string
  /** Its headers; `host` and names that begin with a colon are the parts of the request line above. */
  readonly headers: HeaderEditor
  /**
   * Called before each attempt: the first time it remembers the head as it is, later it goes back to that. What depends on the endpoint
   * is so made anew for each.
   */
  beginAttempt(): void
}
