import type { Dispatcher } from 'undici'

/** What carries the requests of agents. */
export type AgentDispatcher = Pick<Dispatcher, 'dispatch'>
