import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../until.js'
import { Child, type ChildEvent } from './child.js'
import { Instance } from './instance.js'

const CATALOG = [
  { name: 'catalog-v1-a', version: 'v1' },
  { name: 'catalog-v1-b', version: 'v1' },
  { name: 'catalog-v2-a', version: 'v2' },
  { name: 'catalog-v2-b', version: 'v2' },
] as const

const script = (name: string): URL => new URL(`../services/${name}.js`, import.meta.url)

/** An event of the control plane. */
function isCatalogRegistered({ event, workload }: ChildEvent): boolean {
  return event === 'workload-registered' && (workload as { service: string }).service === 'catalog'
}

/** Every process of the demo, each on a free port, and the folder that they share. */
export class Fleet {
  /** Instances of the catalog by their names. */
  instances: ReadonlyMap<string, Instance> = new Map()
  /** The shop front with a mesh. */
  shopUrl = ''
  /** Address of the control plane. */
  controlPlane = ''
  readonly #folder: string
  readonly #children: Child[] = []
  readonly #abort: AbortController
  #mayCrash = false

  private constructor(folder: string, abort: AbortController) {
    this.#folder = folder
    this.#abort = abort
  }

  /**
   * Makes the folder, with a copy of the mesh directory that can be edited.
   *
   * @param abort - Aborted with the reason when a process ends by itself; ends the wait for processes to start.
   */
  static async prepare(abort: AbortController): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'inmesh-demo-'))
    const fleet = new Fleet(folder, abort)
    await cp(new URL('../../mesh', import.meta.url), fleet.meshFolder, { recursive: true })
    await mkdir(fleet.journalFolder)
    return fleet
  }

  /** The directory that the control plane serves. */
  get meshFolder(): string {
    return join(this.#folder, 'mesh')
  }

  /** The file that says which version gets how much. */
  get routesFile(): string {
    return join(this.meshFolder, 'catalog-routes.yaml')
  }

  /** Where the instances write what they did. */
  get journalFolder(): string {
    return join(this.#folder, 'journals')
  }

  /** Path of an instance's journal. */
  journalOf(name: string): string {
    return join(this.journalFolder, `${name}.journal`)
  }

  /** Starts the control plane, and then the services, which find each other with its help. */
  async start(): Promise<void> {
    const cli = new URL('dist/bin.js', import.meta.resolve('@inmesh/cli/package.json'))
    const controlPlane = this.#spawn('inmesh dev', cli, ['dev', this.meshFolder, '--port', '0', '--json'])
    this.controlPlane = await controlPlane.listening(this.#abort.signal)
    const shop = this.#spawn('shop', script('shop'), [this.controlPlane])
    const instances = await Promise.all(CATALOG.map(({ name, version }) => this.#startInstance(name, version)))
    this.instances = new Map(instances.map((instance) => [instance.name, instance]))
    this.shopUrl = `http://${await shop.listening(this.#abort.signal)}`
    await until(
      'the control plane knows all instances',
      () => controlPlane.events.filter(isCatalogRegistered).length >= CATALOG.length,
      this.#abort.signal,
    )
  }

  /** Starts a shop front without a mesh. */
  async startShopWithoutMesh(instances: readonly Instance[]): Promise<string> {
    const addresses = instances.map(({ address }) => address)
    const shop = this.#spawn('shop without mesh', script('shop-without-mesh'), addresses)
    return `http://${await shop.listening(this.#abort.signal)}`
  }

  /** Starts an instance anew, at the address that it had. */
  async restart(instance: Instance): Promise<void> {
    const child = this.#spawnInstance(instance.name, instance.version, instance.port)
    await child.listening(this.#abort.signal)
    instance.revive(child)
  }

  /** From now on it is not the end of the demo when an instance of the catalog ends: the user may have killed it. */
  letInstancesCrash(): void {
    this.#mayCrash = true
  }

  /** Ends every process and removes the folder. */
  async stop(): Promise<void> {
    // The control plane goes last, as the services say goodbye to it.
    const [controlPlane, ...services] = this.#children
    await Promise.all(services.map((child) => child.stop()))
    await controlPlane?.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #startInstance(name: string, version: string): Promise<Instance> {
    const child = this.#spawnInstance(name, version, '0')
    return new Instance(name, version, await child.listening(this.#abort.signal), child)
  }

  #spawnInstance(name: string, version: string, port: string): Child {
    return this.#spawn(name, script('catalog'), [name, version, port, this.journalOf(name), this.controlPlane])
  }

  #crashed(name: string, error: Error): void {
    const instance = this.instances.get(name)
    if (this.#mayCrash && instance !== undefined) instance.lost()
    else this.#abort.abort(error)
  }

  #spawn(name: string, file: URL, parameters: readonly string[]): Child {
    const onCrash = (error: Error): void => this.#crashed(name, error)
    const child = new Child({ name, script: file, arguments: parameters, onCrash })
    this.#children.push(child)
    return child
  }
}
