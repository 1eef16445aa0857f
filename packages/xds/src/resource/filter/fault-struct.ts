import type { JsonValue } from '@inmesh/core'
import {
  create,
  type Duration,
  FaultAbort,
  FaultDelay,
  FractionalPercent,
  FractionalPercent_DenominatorType,
  HTTPFault,
} from '@inmesh/xds-proto'
import type { FieldScope } from '../field/field-scope.js'

/** A JSON object. */
type StructValue = { readonly [key: string]: unknown }

const DURATION = /^(-?\d{1,12})(?:\.(\d{1,9}))?s$/

/**
 * Reads a fault that came as JSON in a TypedStruct. What it does not read refuses the fault, so that none hits more requests than meant.
 *
 * @param scope - Where it stands.
 * @param struct - The JSON.
 * @returns undefined when a part cannot be read, which is reported.
 */
export function faultOfStruct(scope: FieldScope, struct: JsonValue): HTTPFault | undefined {
  const fields = new StructFields(scope, struct as StructValue)
  const fault = create(HTTPFault, {
    delay: fields.message('delay', readDelay),
    abort: fields.message('abort', readAbort),
    upstreamCluster: fields.text('upstream_cluster') ?? '',
    downstreamNodes: fields.texts('downstream_nodes'),
    maxActiveFaults: fields.number('max_active_faults'),
  })
  return fields.done() ? fault : undefined
}

function readDelay(fields: StructFields): FaultDelay {
  const fixed = fields.text('fixed_delay')
  const asked = fields.message('header_delay', () => ({}))
  const value = fixed === undefined ? undefined : fields.duration('fixed_delay', fixed)
  return create(FaultDelay, {
    faultDelaySecifier: asked ? { $case: 'headerDelay', value: asked } : value && { $case: 'fixedDelay', value },
    percentage: fields.message('percentage', readPercentage),
  })
}

function readAbort(fields: StructFields): FaultAbort {
  const http = fields.number('http_status')
  const grpc = fields.number('grpc_status')
  const asked = fields.message('header_abort', () => ({}))
  return create(FaultAbort, {
    errorType: asked
      ? { $case: 'headerAbort', value: asked }
      : http !== undefined
        ? { $case: 'httpStatus', value: http }
        : grpc === undefined
          ? undefined
          : { $case: 'grpcStatus', value: grpc },
    percentage: fields.message('percentage', readPercentage),
  })
}

function readPercentage(fields: StructFields): FractionalPercent {
  const name = fields.text('denominator') ?? 'HUNDRED'
  const denominators: Readonly<Record<string, FractionalPercent_DenominatorType>> = FractionalPercent_DenominatorType
  if (!Object.hasOwn(denominators, name)) fields.refuse('denominator', 'must be HUNDRED, TEN_THOUSAND or MILLION')
  return create(FractionalPercent, { numerator: fields.number('numerator') ?? 0, denominator: denominators[name] ?? 0 })
}

/** Fields of a JSON object, in proto names or in those of proto-JSON. Every one must be asked for. */
class StructFields {
  readonly #scope: FieldScope
  readonly #left: Map<string, unknown>
  #readable = true

  constructor(scope: FieldScope, struct: StructValue) {
    this.#scope = scope
    this.#left = new Map(Object.entries(struct).map(([name, value]) => [snakeCase(name), value]))
  }

  text(name: string): string | undefined {
    const value = this.#take(name)
    if (value === undefined || typeof value === 'string') return value
    this.refuse(name, 'must be a string')
    return undefined
  }

  texts(name: string): string[] {
    const value = this.#take(name) ?? []
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
    this.refuse(name, 'must be a list of strings')
    return []
  }

  number(name: string): number | undefined {
    const value = this.#take(name)
    if (value === undefined || (Number.isInteger(value) && Number(value) >= 0)) return value as number | undefined
    this.refuse(name, 'must be a whole number')
    return undefined
  }

  message<Message>(name: string, read: (fields: StructFields) => Message): Message | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.refuse(name, 'must be an object')
      return undefined
    }
    const fields = new StructFields(this.#scope.at(name), value as StructValue)
    const message = read(fields)
    if (!fields.done()) this.#readable = false
    return message
  }

  duration(name: string, text: string): Duration | undefined {
    const match = DURATION.exec(text)
    if (match !== null) return { seconds: BigInt(match[1]!), nanos: Number((match[2] ?? '').padEnd(9, '0')) }
    this.refuse(name, 'must be a duration as "1.5s"')
    return undefined
  }

  refuse(name: string, message: string): void {
    this.#scope.at(name).malformed(message)
    this.#readable = false
  }

  /** @returns whether everything was read; what was not is listed. */
  done(): boolean {
    for (const name of this.#left.keys()) {
      this.#scope.at(name).unsupported('not read in a TypedStruct; the fault is not injected')
    }
    return this.#readable && this.#left.size === 0
  }

  #take(name: string): unknown {
    const value = this.#left.get(name)
    this.#left.delete(name)
    return value ?? undefined
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
