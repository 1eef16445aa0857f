// Removes everything that a build makes, so that the next one starts from nothing.
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const folders = ['packages', 'examples'].flatMap((parent) =>
  readdirSync(new URL(parent, root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`),
)
for (const folder of [...folders, 'test']) {
  for (const made of ['dist', 'gen'])
    rmSync(fileURLToPath(new URL(`${folder}/${made}`, root)), { recursive: true, force: true })
}
