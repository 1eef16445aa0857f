import { readFile } from 'node:fs/promises'
import { MeshError } from '@inmesh/core'
import type { Bootstrap } from './bootstrap.js'
import { parseBootstrapText } from './parse-bootstrap.js'

/**
 * Reads the bootstrap that the environment names, as every gRPC client does: the file in `GRPC_XDS_BOOTSTRAP`, else the JSON text in
 * `GRPC_XDS_BOOTSTRAP_CONFIG`.
 *
 * @param environment - Variables to look in, usually `process.env`.
 * @returns undefined when neither variable is set or both are empty.
 * @throws MeshError ERR_INMESH_BOOTSTRAP, naming file or variable and the field.
 */
export async function loadBootstrap(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Bootstrap | undefined> {
  const file = environment.GRPC_XDS_BOOTSTRAP
  if (file) return loadBootstrapFile(file)
  const text = environment.GRPC_XDS_BOOTSTRAP_CONFIG
  if (text) return parseBootstrapText(text, { description: 'GRPC_XDS_BOOTSTRAP_CONFIG' })
  return undefined
}

/**
 * Reads a bootstrap file.
 *
 * @param file - Path of a JSON file.
 * @throws MeshError ERR_INMESH_BOOTSTRAP, naming the file and the field.
 */
export async function loadBootstrapFile(file: string): Promise<Bootstrap> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MeshError('ERR_INMESH_BOOTSTRAP', `bootstrap file ${file} cannot be read: ${reason}`, {
      place: { file },
      cause,
    })
  }
  return parseBootstrapText(text, { description: `bootstrap file ${file}`, file })
}
