import { loadJsonCodec, type ProtoJsonCodec } from '@inmesh/xds-proto/json'

/**
 * Reads the JSON of messages. It needs the descriptions of all messages, which nearly no configuration does: whoever needs this module loads
 * it then, and the module is what keeps it.
 */
export const jsonCodec: ProtoJsonCodec = loadJsonCodec()
