import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Screen } from './screen.js'

function screenOf(options: { isTTY: boolean; columns?: number }): { screen: Screen; written: () => string } {
  let text = ''
  const screen = new Screen({ ...options, write: (more: string) => (text += more) })
  return {
    screen,
    written: () => {
      const found = text
      text = ''
      return found
    },
  }
}

test('where there is no terminal, text is plain and there is no block', () => {
  const { screen, written } = screenOf({ isTTY: false })
  screen.show(['block'])
  screen.print('text')
  screen.close()
  assert.equal(written(), 'text\n')
})

test('text goes above the block, which is drawn anew below it', () => {
  const { screen, written } = screenOf({ isTTY: true, columns: 80 })
  screen.show(['one', 'two'])
  written()
  screen.print('text')
  assert.equal(written(), '\r\x1b[2A\x1b[0Jtext\none\ntwo\n')
})

test('a line that would wrap is cut, so that the block stays as high as it is long', () => {
  const { screen, written } = screenOf({ isTTY: true, columns: 5 })
  written()
  screen.show(['\x1b[31m12345678\x1b[39m'])
  assert.equal(written(), '1234\n')
})

test('closing takes the block away and shows the cursor', () => {
  const { screen, written } = screenOf({ isTTY: true, columns: 80 })
  screen.show(['block'])
  written()
  screen.close()
  assert.equal(written(), '\r\x1b[1A\x1b[0J\x1b[?25h')
})
