/** Envoy's `per_connection_buffer_limit_bytes`: requests with a larger body are not mirrored. */
export const MAX_BODY_BYTES = 1_048_576

/** Copies under way at once; further ones are left out. */
export const MAX_ACTIVE = 128
