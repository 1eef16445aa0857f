// An application that knows of no mesh: the first argument says what serves it. `/seen` tells what it saw of the request, `/call?by=..&url=..` calls on.
import { once } from 'node:events'
import http, { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { text } from 'node:stream/consumers'
import axios from 'axios'
import express from 'express'
import Fastify from 'fastify'
import got from 'got'
import { request } from 'undici'
import { say } from '../../support/commands.js'

const keepAlive = new http.Agent({ keepAlive: true })

async function answerOf(sent: http.ClientRequest): Promise<string> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return text(response)
}

const clients: Readonly<Record<string, (url: string) => Promise<string>>> = {
  fetch: async (url) => (await fetch(url)).text(),
  undici: async (url) => (await request(url)).body.text(),
  'http.get': (url) => answerOf(get(url)),
  'http.get of the module': (url) => answerOf(http.get(url)),
  'an agent of its own': (url) => answerOf(get(url, { agent: keepAlive })),
  'no agent': (url) => answerOf(get(url, { agent: false })),
  axios: async (url) => (await axios.get<string>(url, { adapter: 'http', responseType: 'text' })).data,
  got: (url) => got(url).text(),
}

async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(incoming.url!, 'http://application')
  const { by, url: next } = Object.fromEntries(url.searchParams)
  response.setHeader('content-type', 'text/plain')
  if (url.pathname === '/seen') response.end(JSON.stringify(incoming.headers))
  else response.end(await clients[by!]!(next!))
}

const listen = { host: '127.0.0.1', port: 0 }

/** Ways to serve it. */
const ways: Readonly<Record<string, () => Promise<Server>>> = {
  'node:http': async () => createServer(handle).listen(listen),
  Express: async () => express().use(handle).listen(0, '127.0.0.1'),
  Fastify: async () => {
    const app = Fastify()
    app.all('*', ({ raw }, { raw: response }) => handle(raw, response))
    await app.listen(listen)
    return app.server
  },
}

const [way = 'node:http'] = process.argv.slice(2)
const server = await ways[way]!()
if (!server.listening) await once(server, 'listening')
say({ event: 'listening', port: (server.address() as AddressInfo).port })
