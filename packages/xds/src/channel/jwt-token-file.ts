import { readFile } from 'node:fs/promises'

/** Three parts of base64url; the last one is the signature. */
const jwtPattern = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Reads a bearer token for one call. A token is replaced long before it expires, and calls to a control plane are few, so that nothing is
 * gained by keeping it.
 *
 * @param file - The file.
 * @throws Error naming the file, never its content.
 */
export async function readJwtToken(file: string): Promise<string> {
  let token: string
  try {
    token = (await readFile(file, 'latin1')).trim()
  } catch (cause) {
    throw new Error(`token file ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  if (!jwtPattern.test(token)) throw new Error(`token file ${file} holds no JSON web token`)
  return token
}
