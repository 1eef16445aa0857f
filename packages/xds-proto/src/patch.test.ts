import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

interface Overlay {
  fields: Record<string, (string | { oneof: string; field: string })[]>
  changes: Record<string, { from: string; to: string }[]>
  declarations: Record<string, string[]>
}

type PatchFile = (
  file: string,
  text: string,
  overlay: Overlay,
  fileOf: (name: string) => string | undefined,
  applied: Set<string>,
) => string

const { patchFile } = (await import(new URL('../../codegen/patch.mjs', import.meta.url).href)) as {
  patchFile: PatchFile
}

const packaged = `syntax = "proto3";
package a.v1;

// message Outer { in a comment }
message Outer {
  option (x) = { text: "message Inner {" };
  message Inner {
    string name = 1 [(validate.rules).string = {min_len: 1}];
    oneof kind {
      string plain = 2;
    }
  }
  enum Color { RED = 0; }
  repeated Inner inner = 1;
}
`

function patch(overlay: Partial<Overlay>): string {
  const files: Record<string, string> = { 'a.v1.Other': 'a/v1/other.proto', 'b.v1.Thing.Part': 'b/v1/thing.proto' }
  const complete = { fields: {}, changes: {}, declarations: {}, ...overlay }
  return patchFile('a/v1/a.proto', packaged, complete, (name) => files[name], new Set())
}

/** The text without white space, so that tests do not depend on layout. */
function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

describe('an overlay', () => {
  it('puts a field into the message it names, past comments and strings that look like one', () => {
    const patched = squeezed(patch({ fields: { 'a.v1.Outer.Inner': ['bool fresh = 3'] } }))
    assert.ok(patched.includes('message Inner { bool fresh = 3; string name = 1'))
  })

  it('puts a field into a oneof, and makes the oneof when there is none', () => {
    const overlay = { fields: { 'a.v1.Outer.Inner': [{ oneof: 'kind', field: 'bool fresh = 3' }] } }
    assert.ok(squeezed(patch(overlay)).includes('oneof kind { bool fresh = 3; string plain = 2; }'))

    const other = {
      fields: { 'a.v1.Outer': ['x', 'y'].map((name, i) => ({ oneof: 'new', field: `bool ${name} = ${i + 2}` })) },
    }
    assert.ok(squeezed(patch(other)).includes('message Outer { oneof new { bool x = 2; bool y = 3; }'))
  })

  it('puts an enum value behind the others', () => {
    assert.ok(squeezed(patch({ fields: { 'a.v1.Outer.Color': ['BLUE = 1'] } })).includes('{ RED = 0; BLUE = 1; }'))
  })

  it('imports the files of the types it names', () => {
    const patched = patch({ fields: { 'a.v1.Outer': ['Other other = 2', 'map<string, b.v1.Thing.Part> parts = 3'] } })
    assert.ok(patched.includes('import "a/v1/other.proto";'))
    assert.ok(patched.includes('import "b/v1/thing.proto";'))
  })

  it('changes a field only where it finds what it expects', () => {
    const changed = patch({ changes: { 'a.v1.Outer': [{ from: 'repeated Inner inner = 1', to: 'Inner inner = 1' }] } })
    assert.ok(squeezed(changed).includes('enum Color { RED = 0; } Inner inner = 1;'))
    assert.throws(
      () => patch({ changes: { 'a.v1.Outer': [{ from: 'Inner outer = 1', to: '' }] } }),
      /has no "Inner outer/,
    )
  })
})
