import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('bin.js', import.meta.url))

const serviceText = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: catalog, namespace: shop }
spec:
  hosts: [catalog]
  resolution: STATIC
  ports: [{ name: http, number: 80 }]
`

/** The program in a process of its own. */
class Running {
  readonly child: ChildProcess
  readonly #lines: string[] = []
  readonly #exit: Promise<number | null>
  #wake: (() => void) | undefined

  constructor(context: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exit = once(this.child, 'close').then(([code]) => code as number | null)
    for (const output of [this.child.stdout, this.child.stderr]) {
      assert.ok(output !== null)
      createInterface(output).on('line', (line) => {
        this.#lines.push(line)
        this.#wake?.()
      })
    }
    context.after(() => this.child.kill('SIGKILL'))
  }

  /** The next line that fits, of output or errors; those before it are passed over. */
  async line(fits: RegExp): Promise<string> {
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift())
        if (fits.test(line)) return line
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Waits for its end: the exit code and every line that nobody took. */
  async end(): Promise<{ readonly code: number | null; readonly text: string }> {
    const code = await this.#exit
    return { code, text: this.#lines.join('\n') }
  }
}

async function directoryWith(context: TestContext, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'inmesh-cli-'))
  context.after(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'mesh.yaml'), text)
  return directory
}

describe('inmesh dev', () => {
  it('tells where it listens, what is reloaded and what is refused, and ends in good order on a signal', async (context) => {
    const directory = await directoryWith(context, serviceText)
    const running = new Running(context, ['dev', directory, '--port', '0'])
    const listening = await running.line(/^control plane on /)
    assert.match(listening, /^control plane on 127\.0\.0\.1:[1-9]\d*, mesh directory /)
    assert.ok(listening.endsWith(directory))

    await writeFile(join(directory, 'mesh.yaml'), serviceText.replace('number: 80', 'number: eighty'))
    assert.equal(
      await running.line(/^refused/),
      `refused: ${join(directory, 'mesh.yaml')}:7 spec.ports[0].number: must be a number`,
    )
    await writeFile(join(directory, 'mesh.yaml'), serviceText.replace('number: 80', 'number: 81'))
    assert.equal(await running.line(/^reloaded/), 'reloaded: changed ServiceEntry shop/catalog')

    running.child.kill('SIGTERM')
    assert.deepEqual(await running.end(), { code: 0, text: '' })
  })

  it('writes events as JSON, the port first', async (context) => {
    const directory = await directoryWith(context, serviceText)
    const running = new Running(context, ['dev', directory, '--port', '0', '--json'])
    const { port, ...listening } = JSON.parse(await running.line(/./)) as { port: number }
    assert.deepEqual(listening, { event: 'listening', address: '127.0.0.1', directory })
    assert.ok(port > 0)
    await writeFile(join(directory, 'mesh.yaml'), serviceText.replace('hosts', 'host'))
    const refused = JSON.parse(await running.line(/"refused"/)) as { errors: readonly Record<string, unknown>[] }
    const file = join(directory, 'mesh.yaml')
    assert.deepEqual(
      refused.errors.map(({ code, place }) => ({ code, place })),
      [
        { code: 'ERR_INMESH_CONFIG_FILE', place: { file, line: 4, field: 'spec' } },
        { code: 'ERR_INMESH_CONFIG_FILE', place: { file, line: 5, field: 'spec.host' } },
      ],
    )
    assert.equal(refused.errors[1]?.message, `${file}:5 spec.host: is not a known field`)
    running.child.kill('SIGINT')
    assert.equal((await running.end()).code, 0)
  })

  it('does not start on a directory with errors, and lists them', async (context) => {
    const directory = await directoryWith(context, serviceText.replace('hosts', 'host'))
    const { code, text } = await new Running(context, ['dev', directory, '--port', '0']).end()
    assert.equal(code, 1)
    assert.match(text, /^inmesh dev: ERR_INMESH_CONFIG_FILE: .* cannot be used:$/m)
    assert.match(text, /mesh\.yaml:5 spec\.host: is not a known field$/m)
  })
})

describe('inmesh check', () => {
  it('counts what it read, and tells what is not carried out', async (context) => {
    const directory = await directoryWith(context, serviceText.replace('[catalog]', "[catalog, '*.shop']"))
    const { code, text } = await new Running(context, ['check', directory]).end()
    assert.equal(code, 0)
    assert.match(text, /^warning: .*mesh\.yaml:5 spec\.hosts\[1\]: /m)
    assert.match(text, /: 1 resource in 1 file, 1 warning$/m)
  })

  it('fails with every error', async (context) => {
    const directory = await directoryWith(context, serviceText.replace('hosts', 'host'))
    const { code, text } = await new Running(context, ['check', directory]).end()
    assert.equal(code, 1)
    assert.match(text, /mesh\.yaml:4 spec: hosts is missing$/m)
    assert.match(text, /: 2 errors$/m)
  })
})

describe('inmesh bootstrap', () => {
  it('writes who a service is and where its control plane', async (context) => {
    const args = ['--server', '127.0.0.1:15010', '--service', 'catalog', '--namespace', 'shop', '--version', 'v2']
    const more = ['--service-port', '8080', '--locality', 'eu/a']
    const { code, text } = await new Running(context, ['bootstrap', ...args, ...more]).end()
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(text), {
      xds_servers: [
        { server_uri: '127.0.0.1:15010', channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] },
      ],
      node: {
        id: 'sidecar~127.0.0.1~catalog.shop~shop.svc.cluster.local',
        locality: { region: 'eu', zone: 'a', sub_zone: '' },
        metadata: {
          GENERATOR: 'grpc',
          NAMESPACE: 'shop',
          INMESH_SERVICE: 'catalog',
          INMESH_SERVICE_PORT: 8080,
          LABELS: { app: 'catalog', version: 'v2' },
        },
      },
      server_listener_resource_name_template: 'inmesh/inbound/%s',
    })
  })
})

describe('a wrong command line', () => {
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^usage: inmesh <command>/],
    [['deploy'], /^inmesh: there is no command deploy; these are: dev, check, bootstrap$/],
    [['toString'], /^inmesh: there is no command toString/],
    [['dev'], /^inmesh dev: <directory> is missing\nusage: inmesh dev/],
    [['dev', 'mesh', 'other'], /^inmesh dev: unexpected argument: other$/m],
    [['dev', 'mesh', '--port', 'http'], /^inmesh dev: --port must be a port from 0 to 65535, not http$/m],
    [['dev', 'mesh', '--prot', '1'], /^inmesh dev: Unknown option '--prot'/],
    [['bootstrap'], /^inmesh bootstrap: --server is missing$/m],
    [['bootstrap', '--server', 'a'], /^inmesh bootstrap: --server must be HOST:PORT, not a$/m],
    [['bootstrap', '--server', 'a:1', '--version', 'v1'], /^inmesh bootstrap: --version and --service-port/],
  ]
  for (const [args, expected] of mistakes) {
    it(`is told apart from failure, with advice: inmesh ${args.join(' ')}`, async (context) => {
      const { code, text } = await new Running(context, args).end()
      assert.equal(code, 2)
      assert.match(text, expected)
    })
  }

  it('is not one where help or the version is asked for', async (context) => {
    const help = await new Running(context, ['dev', '--help']).end()
    assert.equal(help.code, 0)
    assert.match(help.text, /^usage: inmesh dev <directory>/)
    assert.equal((await new Running(context, ['--help']).end()).code, 0)
    const version = await new Running(context, ['--version']).end()
    assert.equal(version.code, 0)
    assert.match(version.text, /^\d+\.\d+\.\d+$/)
  })
})
