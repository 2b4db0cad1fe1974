/** The log as a person at a terminal reads it. */
import { expect, it } from 'vitest'
import { codeOf, codes } from '../../../gateway/core/ground/log-codes.ts'
import { journalLine, logLine } from '../../../gateway/core/ground/log-line.ts'

const TIME = Date.UTC(2026, 0, 5, 8, 1, 2)

it.each<[string, string, string]>([
  [
    'a warning with what it is about',
    JSON.stringify({
      level: 40,
      time: TIME,
      pid: 1,
      hostname: 'h',
      site: 's',
      link: 'plc',
      cause: 'timeout',
      msg: 'link lost',
    }),
    '08:01:02 warn link lost  link=plc cause=timeout\n',
  ],
  [
    'a note, whose text says what it is about',
    JSON.stringify({ level: 40, time: TIME, about: 'drill of saw-1', msg: 'saw-1 lets no tenant in' }),
    '08:01:02 warn saw-1 lets no tenant in\n',
  ],
  [
    'one that says nothing more',
    JSON.stringify({ level: 30, time: TIME, msg: 'latchkey is up' }),
    '08:01:02 info latchkey is up\n',
  ],
  [
    'a failure with its stack',
    JSON.stringify({ level: 60, time: TIME, err: { message: 'no', stack: 'Error: no\n    at x' }, msg: 'it ends' }),
    '08:01:02 fatal it ends\nError: no\n    at x\n',
  ],
  [
    'words of a device that would steer the terminal',
    JSON.stringify({ level: 30, time: TIME, msg: 'says \u001b]0;x\u0007', detail: '\u202eabc' }),
    '08:01:02 info says �]0;x�  detail=�abc\n',
  ],
  ['what is no line of the log', 'plain text\n', 'plain text\n'],
  ['JSON that is no line of the log', '{"ready":true}\n', '{"ready":true}\n'],
])('%s', (_name, json, line) => {
  expect(logLine(json)).toBe(line)
})

it.each([
  [20, 7],
  [30, 6],
  [40, 4],
  [50, 3],
  [60, 2],
])('level %i is priority %i in the journal', (level, priority) => {
  const json = JSON.stringify({ level, msg: 'x' })
  expect(journalLine(json)).toBe(`<${priority}>${json}`)
})

it('what is no line of the log goes to the journal as news', () => {
  expect(journalLine('(node:1) Warning')).toBe('<6>(node:1) Warning')
})

it.each([
  ['link is down', 'link-down'],
  ['sink down, entries are kept: ECONNREFUSED', 'sink-down'],
  ['drill of saw-1: this is over', 'note-over'],
  ['words that nobody has given a code', undefined],
])('the code of “%s” is %s', (text, code) => {
  expect(codeOf(text)).toBe(code)
})

it('gives no code twice, in words that never change', () => {
  expect(new Set(codes()).size).toBe(codes().length)
  expect(codes().filter((code) => !/^[a-z][a-z0-9-]*$/.test(code))).toEqual([])
})
