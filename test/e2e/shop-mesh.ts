import { fileURLToPath } from 'node:url'
import { MeshClient } from '../support/mesh-client.js'
import { TestProcess, type TestScope } from '../support/test-process.js'
import { CatalogInstance } from './catalog-instance.js'
import { ConfigurationDirectory } from './configuration-directory.js'
import { ControlPlane } from './control-plane.js'

/** How callers in the namespace know the catalog. */
export const catalogUrl = 'http://catalog/products'

const namespace = 'shop'
const script = (name: string) => new URL(`./services/${name}.js`, import.meta.url)

/** A control plane of our own, the directory that it serves, and whatever is started to use it. */
export class ShopMesh {
  readonly directory: ConfigurationDirectory
  readonly #scope: TestScope
  readonly #variables: Readonly<Record<string, string>>
  #controlPlane: ControlPlane

  private constructor(
    scope: TestScope,
    directory: ConfigurationDirectory,
    controlPlane: ControlPlane,
    variables: Readonly<Record<string, string>>,
  ) {
    this.#scope = scope
    this.#variables = variables
    this.directory = directory
    this.#controlPlane = controlPlane
  }

  /**
   * @param scope - The test.
   * @param files - Configuration.
   * @param variables - For the environment of every workload. Default: none.
   */
  static async start(
    scope: TestScope,
    files: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<ShopMesh> {
    const directory = await ConfigurationDirectory.create(scope, files)
    return new ShopMesh(scope, directory, await ControlPlane.start(scope, directory.path), variables)
  }

  get controlPlane(): ControlPlane {
    return this.#controlPlane
  }

  /** Starts the control plane again, on the port that it had. */
  async restartControlPlane(): Promise<void> {
    this.#controlPlane = await ControlPlane.start(this.#scope, this.directory.path, this.#controlPlane.port)
  }

  /** A workload that only calls. */
  client(): Promise<MeshClient> {
    return MeshClient.start(this.#scope, this.#environment({}))
  }

  /** An instance of the catalog that does not listen yet. */
  catalog(name: string, version: string): CatalogInstance {
    return new CatalogInstance(this.#scope, name, this.#catalogEnvironment(version))
  }

  /** Instances of one version of the catalog that take requests. */
  async catalogs(version: string, ...names: readonly string[]): Promise<CatalogInstance[]> {
    const instances = names.map((name) => this.catalog(name, version))
    await Promise.all(instances.map((instance) => instance.listen()))
    return instances
  }

  /** The catalog as node:cluster workers. */
  catalogWorkers(): TestProcess {
    return TestProcess.node(this.#scope, script('catalog-workers'), { env: this.#catalogEnvironment('v1') })
  }

  /** The same of an application that knows of no mesh; workers come when they are asked for. */
  zeroCodeWorkers(variables: Readonly<Record<string, string>> = {}): TestProcess {
    return TestProcess.program(this.#scope, process.execPath, {
      args: ['--import', 'inmesh/register', fileURLToPath(script('zero-code-workers'))],
      env: { ...this.#catalogEnvironment('v1'), INMESH_HANDLE_SIGNALS: 'true', ...variables },
    })
  }

  /** The shop or another that is not registered, once it listens. */
  async application(name: 'shop' | 'reviews' | 'busy'): Promise<number> {
    const process = TestProcess.node(this.#scope, script(name), { env: this.#environment({ OTEL_SERVICE_NAME: name }) })
    return Number((await process.event('listening')).port)
  }

  #catalogEnvironment(version: string): Record<string, string> {
    return this.#environment({ INMESH_SERVICE: 'catalog', INMESH_SERVICE_PORT: '80', INMESH_VERSION: version })
  }

  #environment(more: Readonly<Record<string, string>>): Record<string, string> {
    return {
      INMESH_CONTROL_PLANE: this.#controlPlane.address,
      INMESH_NAMESPACE: namespace,
      ...this.#variables,
      ...more,
    }
  }
}
