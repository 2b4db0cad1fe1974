/** Changes of a site file: what is asked for changes, and nothing else, comments included. */
import { expect, test } from 'vitest'
import { editText } from '../../config/edit.ts'

const SITE = `# Of the first hall.
site: hall

links:
  # Behind the converter.
  bus: { protocol: modbus, host: 10.0.0.9, port: 502 } # the grey box
  plc:
    protocol: modbus # no other
    host: 10.0.0.8

machines:
  saw: { owner: lin }
`

test('nothing changes in a text without edits', () => {
  expect(editText(SITE, [])).toBe(SITE)
})

test.each<[string, Parameters<typeof editText>[1], (before: string) => string]>([
  [
    'one value of a map, beside its comments',
    [{ path: ['links', 'bus'], value: { protocol: 'modbus', host: '10.0.0.9', port: 1502 } }],
    (text) => text.replace('port: 502', 'port: 1502'),
  ],
  [
    'a value of a block',
    [{ path: ['links', 'plc'], value: { protocol: 'modbus', host: '10.0.0.7' } }],
    (text) => text.replace('10.0.0.8', '10.0.0.7'),
  ],
  [
    'a member that is new',
    [{ path: ['links', 'plc'], value: { protocol: 'modbus', host: '10.0.0.8', port: 502 } }],
    (text) => text.replace('host: 10.0.0.8\n', 'host: 10.0.0.8\n    port: 502\n'),
  ],
  [
    'a member that is gone',
    [{ path: ['links', 'bus'], value: { protocol: 'modbus', host: '10.0.0.9' } }],
    (text) => text.replace(', port: 502', ''),
  ],
  ['a link that is gone', [{ path: ['links', 'plc'] }], (text) => text.replace(/ {2}plc:\n.*\n.*\n/, '')],
  [
    'a machine that is new',
    [{ path: ['machines', 'mill'], value: { owner: 'lin', name: { zh: '铣床' } } }],
    (text) => `${text}  mill:\n    owner: lin\n    name:\n      zh: 铣床\n`,
  ],
  [
    'a text that looks like a number stays one',
    [{ path: ['machines', 'saw'], value: { owner: 'lin', kind: '007' } }],
    (text) => text.replace('owner: lin }', 'owner: lin, kind: "007" }'),
  ],
])('%s', (_, edits, change) => {
  const after = change(SITE)
  expect(after).not.toBe(SITE)
  expect(editText(SITE, edits)).toBe(after)
})

test('what comes into an empty map has lines of its own', () => {
  const edits = [{ path: ['links', 'bus'], value: { protocol: 'modbus', host: 'a' } }]
  expect(editText('links: {}\nmachines: {}\n', edits)).toBe(
    'links:\n  bus:\n    protocol: modbus\n    host: a\nmachines: {}\n',
  )
})

test('why stands above the place, below what stood there, and never breaks out of its line', () => {
  const edits = [{ path: ['links', 'bus'], value: { protocol: 'modbus', host: '10.0.0.9', port: 1502 } }]
  expect(editText(SITE, edits, 'Wang: another box')).toContain(
    '  # Behind the converter.\n  # Wang: another box\n  bus: { protocol: modbus, host: 10.0.0.9, port: 1502 } # the grey box\n',
  )
})

test.each([
  ['a text that is no YAML', 'a: [', ['links', 'x']],
  ['a place below a single value', SITE, ['site', 'x', 'y']],
])('%s is not changed', (_, text, path) => {
  expect(editText(text, [{ path, value: 1 }])).toBeUndefined()
})
