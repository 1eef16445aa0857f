const table = {
  ERR_INMESH_BOOTSTRAP: 'The bootstrap (file, environment or object) cannot be used; the message names the field.',
  ERR_INMESH_OPTIONS: 'An option given to the mesh is missing, of the wrong type or contradicts another.',
  ERR_INMESH_CONFIG_FILE: 'A configuration file cannot be used; the message names file, line and field.',
  ERR_INMESH_RESOURCE_INVALID:
    'The control plane sent a resource that is malformed; the message names resource and field.',
  ERR_INMESH_RESOURCE_MISSING: 'The control plane does not have a resource that another one refers to.',
  ERR_INMESH_AUTHORITY_UNKNOWN: 'A target or a resource belongs to an authority that the bootstrap does not name.',
  ERR_INMESH_RESOURCE_ERROR: 'The control plane answered with an error in place of a resource; the message names both.',
  ERR_INMESH_CONTROL_PLANE_UNAVAILABLE: 'No control plane could be reached and no earlier configuration is at hand.',
  ERR_INMESH_NOT_READY: 'The mesh did not become ready within the time given.',
  ERR_INMESH_CLOSED: 'The mesh was closed.',
  ERR_INMESH_NO_ROUTE: 'No virtual host or no route matches the request (flag NR).',
  ERR_INMESH_ROUTE_UNSUPPORTED:
    'The route that matches asks for something this version does not do; the message names it.',
  ERR_INMESH_HEADER_INVALID:
    'A header by which the request steers the mesh has a value that the listener does not take (flag IH).',
  ERR_INMESH_NO_CLUSTER: 'The route names a cluster that the control plane does not have (flag NC).',
  ERR_INMESH_NO_HEALTHY_ENDPOINT: 'The cluster has no endpoint that can take the request (flag UH).',
  ERR_INMESH_OUTBOUND_REFUSED:
    'The host is not in the mesh, and the option `outboundPolicy` lets calls leave it to named hosts only.',
  ERR_INMESH_OVERFLOW: 'A circuit breaker threshold of the cluster is reached (flag UO).',
  ERR_INMESH_CIRCUIT_OPEN: "The application's circuit breaker of the service or route is open (flag UO).",
  ERR_INMESH_TIMEOUT: 'The time limit of the route, of the call or of the inbound request passed (flag UT).',
  ERR_INMESH_CANCELLED:
    'The caller of the inbound request that the call was made for went away before it had its response (flag DC).',
  ERR_INMESH_CONNECT: 'No connection to the endpoint could be made (flag UF).',
  ERR_INMESH_RESET: 'The connection broke before the response was complete (flag UC).',
  ERR_INMESH_CONTEXT: 'A captured context is not of the shape that `capture()` gives; the message names the field.',
  ERR_INMESH_UPGRADE: 'The protocol that is spoken to the endpoint cannot carry the upgrade that was asked for.',
  ERR_INMESH_FAULT: 'The fault filter answered in place of the upstream (flag FI).',
  ERR_INMESH_UNSUPPORTED:
    'The request asks for something that the client it was made with cannot carry; the message names it.',
  ERR_INMESH_REGEX: "A regular expression is not valid RE2, or a URI template is not of Envoy's grammar.",
  ERR_INMESH_PROTO_JSON: 'A proto-JSON document does not fit its message; the message names the field.',
  ERR_INMESH_VERSIONS:
    'Packages of the mesh of different versions are loaded in one process; the message names both and where they lie.',
  ERR_INMESH_LISTEN: 'The server cannot listen on the address asked for.',
} as const

/** A code that a {@link MeshError} can carry: a key of {@link errorCodes}. */
export type MeshErrorCode = keyof typeof table

/** Every code with what it means, one sentence each. A code never changes its meaning. */
export const errorCodes: Readonly<Record<MeshErrorCode, string>> = table
