/** Who the process is to those who look at its spans. What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say counts before all of it. */
export interface TelemetryOptions {
  /** Attribute `service.name`. Default: `INMESH_SERVICE`. */
  readonly service?: string
  /** Attribute `service.namespace`. Default: `INMESH_NAMESPACE`. */
  readonly namespace?: string
  /** Attribute `service.version`. Default: `INMESH_VERSION`. */
  readonly version?: string
}

/** Variables by name, usually `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param options - As given in code.
 * @param environment - Variables to look in. Empty ones count as absent.
 * @returns attributes of the resource, those that nobody told left out.
 */
export function resourceAttributes(options: TelemetryOptions, environment: Environment): Record<string, string> {
  const told = {
    'service.name': options.service ?? environment.INMESH_SERVICE,
    'service.namespace': options.namespace ?? environment.INMESH_NAMESPACE,
    'service.version': options.version ?? environment.INMESH_VERSION,
  }
  return Object.fromEntries(Object.entries(told).filter((entry): entry is [string, string] => Boolean(entry[1])))
}

/**
 * Whether spans go out by OTLP over HTTP as JSON, which needs the fewest modules. Who names another exporter or protocol has that of the SDK.
 *
 * @param environment - Variables to look in.
 */
export function exportsJson(environment: Environment): boolean {
  const exporter = environment.OTEL_TRACES_EXPORTER || 'otlp'
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || environment.OTEL_EXPORTER_OTLP_PROTOCOL
  return exporter === 'otlp' && (!protocol || protocol === 'http/json')
}
