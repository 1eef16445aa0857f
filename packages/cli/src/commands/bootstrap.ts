import { parseArgs } from 'node:util'
import { inboundListenerTemplate } from '@inmesh/istio'
import { type Command, exitCodes, parseCommand, portOption, UsageError } from '../command.js'

const defaultNamespace = 'default'

/** `inmesh bootstrap`: writes the file that tells a service where its control plane is and who it is itself. */
export const bootstrapCommand: Command = {
  summary: 'writes a bootstrap file for a service',
  usage: `usage: inmesh bootstrap --server HOST:PORT [--service S] [--namespace N] [--version V] [--service-port P] [--locality R/Z/S]

  --server HOST:PORT   address of the control plane, reached without TLS
  --service S          service that the process serves; without it the process only calls
  --namespace N        its namespace. Default ${defaultNamespace}
  --version V          its version, which subsets match
  --service-port P     port of the service. Default: the first port of its ServiceEntry, else 80
  --locality R/Z/S     region, zone and sub-zone where it runs

Write it to a file and name that file in GRPC_XDS_BOOTSTRAP.`,

  async run(args, terminal) {
    const options = {
      server: { type: 'string' },
      service: { type: 'string' },
      namespace: { type: 'string', default: defaultNamespace },
      version: { type: 'string' },
      'service-port': { type: 'string' },
      locality: { type: 'string' },
    } as const
    const { values } = parseCommand(() => parseArgs({ args: [...args], options, allowPositionals: true }))
    if (values.server === undefined) throw new UsageError('--server is missing')
    if (!/^.+:\d+$/.test(values.server)) throw new UsageError(`--server must be HOST:PORT, not ${values.server}`)
    const { service, namespace, version } = values
    const servicePort = values['service-port']
    if (service === undefined && (version !== undefined || servicePort !== undefined)) {
      throw new UsageError('--version and --service-port say something of a --service, which is missing')
    }
    const [region = '', zone = '', subZone = ''] = values.locality?.split('/') ?? []
    const bootstrap = {
      xds_servers: [{ server_uri: values.server, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
      node: {
        id: `sidecar~127.0.0.1~${service ?? 'client'}.${namespace}~${namespace}.svc.cluster.local`,
        ...(values.locality === undefined ? {} : { locality: { region, zone, sub_zone: subZone } }),
        metadata: {
          GENERATOR: 'grpc',
          NAMESPACE: namespace,
          ...(service === undefined
            ? {}
            : {
                INMESH_SERVICE: service,
                ...(servicePort === undefined ? {} : { INMESH_SERVICE_PORT: portOption(servicePort, 'service-port') }),
                LABELS: { app: service, ...(version === undefined ? {} : { version }) },
              }),
        },
      },
      server_listener_resource_name_template: inboundListenerTemplate,
    }
    terminal.out(JSON.stringify(bootstrap, null, 2))
    return exitCodes.ok
  },
}
