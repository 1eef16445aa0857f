import type { RequestEditor } from '../call/request-editor.js'
import { pathWithoutQuery } from '../call/request-view.js'
import type { ResponseHead } from '../call/response-head.js'
import type { FormatContext } from '../format/format-context.js'
import { compileHeaderMutation } from '../headers/header-mutation.js'
import type { HeaderMutationConfig, QueryMutation } from '../model/header-mutation-config.js'
import { CONTINUE, type Filter, type FilterContext, type Verdict } from './filter.js'
import { QueryString } from './query-string.js'

/** Changes headers and query parameters where it stands in the chain (Envoy, "Header Mutation"). */
export class HeaderMutationFilter implements Filter {
  readonly name: string
  readonly response?: (context: FilterContext, head: ResponseHead) => void
  readonly #steps: readonly ((editor: RequestEditor, context: FormatContext) => void)[]

  /**
   * @param name - Instance name from the listener.
   * @param base - The listener's configuration.
   * @param overrides - Those of other levels, the most specific first.
   */
  constructor(name: string, base: HeaderMutationConfig, overrides: readonly HeaderMutationConfig[]) {
    this.name = name
    const levels = [base, ...(base.mostSpecificWins === true ? [...overrides].reverse() : overrides)]
    this.#steps = levels.flatMap(compileRequest)
    const changes = levels.flatMap(({ response }) => response.map(compileHeaderMutation))
    if (changes.length > 0) {
      this.response = (context, { headers }) => {
        for (const change of changes) change(headers, context)
      }
    }
  }

  request(context: FilterContext): Verdict {
    const { editor } = context.request
    if (editor !== undefined) for (const step of this.#steps) step(editor, context)
    return CONTINUE
  }
}

/** Of one level the headers go first, then the query string. */
function compileRequest({
  request,
  query,
}: HeaderMutationConfig): readonly ((editor: RequestEditor, context: FormatContext) => void)[] {
  const headers = request.map(compileHeaderMutation).map((change) => {
    return ({ headers }: RequestEditor, context: FormatContext) => change(headers, context)
  })
  if (query.length === 0) return headers
  return [...headers, (editor, context) => changeQuery(editor, query, context)]
}

function changeQuery(editor: RequestEditor, mutations: readonly QueryMutation[], context: FormatContext): void {
  const path = pathWithoutQuery(editor.path)
  const query = new QueryString(editor.path.slice(path.length + 1))
  for (const mutation of mutations) {
    const { name } = mutation
    if (mutation.kind === 'remove') {
      query.remove(name)
      continue
    }
    const { action } = mutation
    const present = (action === 'add-if-absent' || action === 'overwrite-if-present') && query.has(name)
    if ((action === 'add-if-absent' && present) || (action === 'overwrite-if-present' && !present)) continue
    if (action === 'overwrite' || action === 'overwrite-if-present') query.remove(name)
    query.add(name, mutation.value.write(context))
  }
  const text = query.toString()
  editor.path = text === '' ? path : `${path}?${text}`
}
