import {
  create,
  createFileRegistry,
  createRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  type Registry,
  toBinary,
} from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import {
  type Any,
  AnySchema,
  BytesValueSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { typeNameOf } from '../type-url.js'

/**
 * Makes the `Any`s of unknown types in a message printable, which the library
 * refuses to print: each gets a type of its name with one field, its bytes.
 *
 * @param message is changed
 * @returns the registry to print it with
 */
export function showUnknownAnys(desc: DescMessage, message: Message, registry: Registry): Registry {
  const unknown = new Set<string>()
  wrapIn(reflect(desc, message), registry, unknown)
  if (unknown.size === 0) return registry
  return createRegistry(registry, createFileRegistry(fileOfOpaqueTypes(unknown)))
}

/** @returns whether anything was changed */
function wrapIn(message: ReflectMessage, registry: Registry, unknown: Set<string>): boolean {
  if (message.desc.typeName === AnySchema.typeName) return wrapAny(message.message as Any, registry, unknown)
  let changed = false
  for (const field of message.fields) {
    if (field.message === undefined || !message.isSet(field)) continue
    for (const child of childrenIn(message, field)) changed = wrapIn(child, registry, unknown) || changed
  }
  return changed
}

function childrenIn(message: ReflectMessage, field: DescField): Iterable<ReflectMessage> {
  switch (field.fieldKind) {
    case 'list':
      return message.get(field) as Iterable<ReflectMessage>
    case 'map':
      return message.get(field).values() as Iterable<ReflectMessage>
    case 'message':
      return [message.get(field)]
    case 'enum':
    case 'scalar':
      return []
  }
}

function wrapAny(any: Any, registry: Registry, unknown: Set<string>): boolean {
  if (any.typeUrl === '') return false
  const typeName = typeNameOf(any.typeUrl)
  const desc = registry.getMessage(typeName)
  if (desc === undefined) {
    unknown.add(typeName)
    any.value = toBinary(BytesValueSchema, create(BytesValueSchema, { value: any.value }))
    return true
  }
  const inner = fromBinary(desc, any.value)
  const changed = wrapIn(reflect(desc, inner), registry, unknown)
  if (changed) any.value = toBinary(desc, inner)
  return changed
}

function fileOfOpaqueTypes(typeNames: Iterable<string>) {
  const file = [...typeNames].map((typeName) => {
    const dot = typeName.lastIndexOf('.')
    return create(FileDescriptorProtoSchema, {
      name: `${typeName}.proto`,
      package: typeName.slice(0, Math.max(dot, 0)),
      syntax: 'proto3',
      messageType: [
        {
          name: typeName.slice(dot + 1),
          field: [
            {
              name: 'value',
              jsonName: 'value',
              number: 1,
              label: FieldDescriptorProto_Label.OPTIONAL,
              type: FieldDescriptorProto_Type.BYTES,
            },
          ],
        },
      ],
    })
  })
  return create(FileDescriptorSetSchema, { file })
}
