import dns, { type LookupAddress } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 }

/**
 * Makes every name below a domain lead to loopback in this process, as a resolver of the machine would: a mesh takes neither `localhost` nor
 * addresses for hosts that it has to do with.
 *
 * @param domain - The domain, `.outside.test` for example.
 */
export function leadToLoopback(domain: string): void {
  const lookup = dns.lookup as (
    name: string,
    options: dns.LookupOptions,
    callback: (...answer: unknown[]) => void,
  ) => void
  const replaced: typeof lookup = (name, options, callback) => {
    if (!name.endsWith(domain)) lookup(name, options, callback)
    else if (options.all === true) setImmediate(callback, null, [LOOPBACK])
    else setImmediate(callback, null, LOOPBACK.address, LOOPBACK.family)
  }
  Object.assign(dns, { lookup: replaced })
  syncBuiltinESMExports()
}
