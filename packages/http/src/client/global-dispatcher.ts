import { Agent, type Dispatcher } from 'undici'
import { FrontDispatcher } from './front-dispatcher.js'

/** A dispatcher that can stand in for another one. */
export interface StandInDispatcher {
  /**
   * What stands in.
   *
   * @param previous - Carries what is none of the mesh's.
   */
  standingInFor(previous: Dispatcher): Pick<Dispatcher, 'dispatch'>
}

/**
 * Where undici keeps the dispatcher of calls that name none: the first place is read by its versions up to 7 and by the `fetch` of the Nodes that
 * bring these, the second by version 8. They are the only globals that the mesh touches, and only here.
 */
const PLACES = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const

/**
 * Stands in one of the places: calls to hosts outside the mesh go to what was there before. The mesh is closed by its owner; who closes the global
 * dispatcher means the one that would else be there.
 */
class GlobalDispatcher extends FrontDispatcher {
  #current: Pick<Dispatcher, 'dispatch'>

  constructor(mesh: StandInDispatcher, previous: Dispatcher) {
    super(previous)
    this.#current = mesh.standingInFor(previous)
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#current.dispatch(options, handler)
  }

  /** Whoever still holds it, or stands before it, reaches what was there before. */
  retire(): void {
    this.#current = this.behind
  }
}

/**
 * Makes a mesh's dispatcher the one of every call that names none: the `fetch` built into Node, and undici's of any copy and version in the
 * process. Calls to hosts outside the mesh go to the dispatcher that was there, so that what the application had set up for them stays.
 *
 * @param mesh - The dispatcher.
 * @returns what undoes it. Where somebody else took the place meanwhile, they keep it, and the mesh carries nothing any more.
 */
export function installGlobalDispatcher(mesh: StandInDispatcher): () => void {
  const globals = globalThis as { [place: symbol]: Dispatcher | undefined }
  const before = PLACES.map((place) => globals[place])
  // undici puts an agent of its own into the first place when it is loaded.
  const usual = before[0] ?? before[1] ?? new Agent()
  const installed = before.map((previous) => new GlobalDispatcher(mesh, previous ?? usual))
  for (const [index, place] of PLACES.entries()) put(globals, place, installed[index])
  return () => {
    for (const [index, place] of PLACES.entries()) {
      installed[index]!.retire()
      if (globals[place] === installed[index]) put(globals, place, before[index])
    }
  }
}

/** As undici does it: writable, and not to be listed. */
function put(globals: object, place: symbol, dispatcher: Dispatcher | undefined): void {
  Object.defineProperty(globals, place, { value: dispatcher, writable: true, enumerable: false, configurable: false })
}
