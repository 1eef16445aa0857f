import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Journal } from './journal.js'

/** A look into the database. Long enough that there is always something in flight. */
const LATENCY_MS = { shortest: 80, longest: 200 }

/** Who answers, and where it keeps its account. */
export interface CatalogOptions {
  readonly name: string
  readonly version: string
  readonly journal: Journal
}

/** The routes of the catalog. Version 2 is version 1 with stock levels. */
export function catalogRoutes(app: FastifyInstance, { name, version, journal }: CatalogOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    journal.began(request.method, idOf(request))
    reply.header('x-served-by', name)
  })

  app.addHook('onSend', async (request) => {
    journal.ended(request.method, idOf(request))
  })

  app.get<{ Params: { id: string } }>('/products/:id', async ({ params }) => {
    await lookUp()
    const product = { id: params.id, name: `Product ${params.id}` }
    return version === 'v1' ? product : { ...product, inStock: 12 }
  })

  app.post('/reservations', async (_request, reply) => {
    await lookUp()
    return reply.code(201).send({ reserved: true })
  })
}

function idOf({ headers }: FastifyRequest): string {
  return String(headers['x-request-id'] ?? '-')
}

function lookUp(): Promise<void> {
  const { shortest, longest } = LATENCY_MS
  return sleep(shortest + Math.random() * (longest - shortest))
}
