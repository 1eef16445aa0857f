import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pageText, ROOT } from '../docs/markdown.js'
import { carriersPage } from './page.js'

const PAGE = 'docs/carriers.md'

test(`${PAGE} says what the scenarios prove`, () => {
  const text = carriersPage()
  if (process.env.UPDATE_DOCS === '1') writeFileSync(join(ROOT, PAGE), text)
  assert.equal(pageText(PAGE), text, `run it with UPDATE_DOCS=1 to write ${PAGE} anew`)
})
