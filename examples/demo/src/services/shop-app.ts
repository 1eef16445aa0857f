import express, { type Express, type Response as Reply, type Request } from 'express'

/** Makes one call to the catalog. The two shops of the demo differ in this alone. */
export type CallCatalog = (path: string, init: CatalogRequest) => Promise<CatalogAnswer>

/** What the shop asks. */
export interface CatalogRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string>
  readonly body?: string
}

/** What it needs of the answer: what `fetch` gives. */
export interface CatalogAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

/** The shop front: shows products and takes orders, both with the catalog's help. */
export function shopApp(callCatalog: CallCatalog): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(express.json())

  app.get('/products/:id', (request, reply) =>
    passOn(callCatalog(`/products/${request.params.id}`, { method: 'GET', headers: headersOf(request) }), reply),
  )

  app.post('/orders', (request, reply) => {
    const body = JSON.stringify(request.body)
    return passOn(callCatalog('/reservations', { method: 'POST', headers: headersOf(request), body }), reply)
  })

  return app
}

function headersOf(request: Request): Record<string, string> {
  return { 'content-type': 'application/json', 'x-request-id': request.get('x-request-id') ?? '' }
}

/** The customer gets what the catalog answered, success or not, and learns which instance it was. */
async function passOn(answering: Promise<CatalogAnswer>, reply: Reply): Promise<void> {
  try {
    const answer = await answering
    const text = await answer.text()
    const type = answer.headers.get('content-type') ?? 'text/plain'
    reply
      .status(answer.status)
      .type(type)
      .set('x-served-by', answer.headers.get('x-served-by') ?? '-')
      .send(text)
  } catch (error) {
    reply
      .status(502)
      .type('text/plain')
      .send(`no answer from the catalog: ${reasonOf(error)}`)
  }
}

/** fetch says "fetch failed" and gives the reason as the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}
