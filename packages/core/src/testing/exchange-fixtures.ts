import { ActiveFaults } from '../filters/active-faults.js'
import type { FilterContext } from '../filters/filter.js'
import type { HeaderEditor } from '../headers/header-editor.js'
import { SeededRandom } from '../ports/seeded-random.js'
import { SimulatedClock } from '../ports/simulated-clock.js'
import { request } from './fixtures.js'

/** A request as filters and formats see it, with nothing known of it but what is spelled out. */
export function filterContext(parts: Partial<FilterContext> = {}): FilterContext {
  return {
    request: request(),
    response: undefined,
    endpoint: undefined,
    clusterName: '',
    routeName: '',
    responseFlags: '-',
    startTimeMs: 0,
    clock: new SimulatedClock(),
    random: new SeededRandom(1),
    faults: new ActiveFaults(),
    atEnd: () => {},
    overrideHost: undefined,
    responseKbps: 0,
    delayInjected: false,
    ...parts,
  }
}

/** Headers in a list of names and values. */
export class ListEditor implements HeaderEditor {
  list: string[]

  constructor(list: string[] = []) {
    this.list = list
  }

  get(name: string): string | undefined {
    const values = this.list.filter((_, index) => index % 2 === 1 && this.list[index - 1] === name)
    return values.length === 0 ? undefined : values.join(',')
  }

  add(name: string, value: string): void {
    this.list.push(name, value)
  }

  set(name: string, value: string): void {
    this.remove(name)
    this.add(name, value)
  }

  remove(name: string): void {
    this.removeMatching((given) => given === name)
  }

  removeMatching(test: (name: string) => boolean): void {
    this.list = this.list.filter((_, index) => !test(this.list[index - (index % 2)]!))
  }
}
